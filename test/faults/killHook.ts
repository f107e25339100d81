/**
 * Kills its own process at the n-th of the calls of `node:fs` that change something below the test's folder in the same way, or
 * counts all of them into a file. A path may lead through an open folder (`/proc/self/fd/N/name`), so what is open is kept track of.
 */
export const killHook = `
const fs = require('node:fs');
const [kind, when, nth] = (process.env.KILL_AT ?? '').split(' ');
const below = process.env.KILL_BELOW;
const opened = new Map();
const counts = {};
const placeOf = (where) => {
  if (typeof where === 'number') return opened.get(where) ?? '';
  const [, descriptor, rest] = /^\\/proc\\/self\\/fd\\/(\\d+)(.*)$/s.exec(String(where)) ?? [];
  return descriptor === undefined ? String(where) : placeOf(Number(descriptor)) + rest;
};
const makes = (flags) =>
  typeof flags === 'string' ? /[wa]/.test(flags) : ((flags ?? 0) & fs.constants.O_CREAT) !== 0;
const forced = (where) => (fs.statSync(placeOf(where)).isDirectory() ? 'forceFolder' : 'forceFile');
const kinds = {
  open: ([, flags]) => (makes(flags) ? 'create' : undefined),
  fsync: ([descriptor]) => forced(descriptor),
  fdatasync: ([descriptor]) => forced(descriptor),
};
for (const name of ['write', 'writev', 'futimes', 'fchmod', 'ftruncate', 'link', 'rename', 'unlink', 'mkdir', 'rmdir'])
  kinds[name] = () => name;
for (const name of ['copyFile', 'truncate', 'utimes', 'lutimes', 'chmod', 'symlink', 'writeFile', 'appendFile', 'rm', 'cp'])
  kinds[name] = () => name;
const die = () => process.kill(process.pid, 'SIGKILL');

function watch(module, wanted, kindOf, isOpen) {
  const original = module[wanted];
  if (typeof original !== 'function') return;
  const watched = (...args) => {
    // A link, a rename and a copy are known by the place that they change.
    const changed = ['link', 'copyFile'].some((one) => wanted.startsWith(one)) ? args[1] : args[0];
    const place = placeOf(changed);
    const is = place === below || place.startsWith(below + '/') ? kindOf(args) : undefined;
    if (is !== undefined) counts[is] = (counts[is] ?? 0) + 1;
    const strikes = is !== undefined && is === kind && counts[is] === Number(nth);
    if (strikes && when === 'before') die();
    const last = args.at(-1);
    if (typeof last === 'function')
      args[args.length - 1] = (error, ...answer) => {
        if (strikes) die();
        if (isOpen && !error) opened.set(answer[0], place);
        last(error, ...answer);
      };
    const answer = original(...args);
    if (isOpen && typeof answer === 'number') opened.set(answer, place);
    if (!strikes) return answer;
    return answer instanceof Promise ? answer.then(die) : typeof last === 'function' ? answer : die();
  };
  // How its promise is made of its callback is told by symbols.
  Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
  module[wanted] = watched;
}
for (const [name, kindOf] of Object.entries(kinds)) {
  watch(fs, name + 'Sync', kindOf, name === 'open');
  watch(fs, name, kindOf, name === 'open');
  watch(fs.promises, name, kindOf, false);
}
const report = process.env.COUNT_INTO;
if (report !== undefined) process.on('exit', () => fs.writeFileSync(report, JSON.stringify(counts)));
`;
