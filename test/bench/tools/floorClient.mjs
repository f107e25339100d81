// usage: node floorClient.mjs up|down|list PORT BUCKET FOLDER AT_ONCE
// The least that a client can do: HTTP/1.1 on node:net, kept connections, one buffer per request, synchronous file calls, no signatures.
import fs from 'node:fs';
import net from 'node:net';

const [verb, port, bucket, folder, atOnce] = process.argv.slice(2);
const partBytes = 8 << 20;
const names = [];
const end = 'HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** One connection. `ask` passes the body to `onBody` piece by piece; on loopback the head of an answer arrives in one piece. */
function connect() {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  let now = {};
  socket.on('data', (bytes) => {
    const start = now.left === undefined ? bytes.indexOf('\r\n\r\n') + 4 : 0;
    now.left ??= Number(/content-length: (\d+)/i.exec(bytes.latin1Slice(0, start))?.[1]);
    if (bytes.length > start) now.onBody(bytes.subarray(start));
    now.left -= bytes.length - start;
    if (now.left === 0) now.resolve();
  });
  const ask = (buffer, onBody) =>
    new Promise((resolve) => {
      now = { onBody, resolve };
      socket.write(buffer);
    });
  return { ask, end: () => socket.end() };
}
async function up({ ask }, name) {
  const file = fs.openSync(`${folder}/${name}`);
  const { size } = fs.fstatSync(file);
  for (let start = 0; start === 0 || start < size; start += partBytes) {
    const length = Math.min(partBytes, size - start);
    const head = `PUT /${bucket}/${name}${start || ''} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;
    const whole = Buffer.allocUnsafe(head.length + length);
    fs.readSync(file, whole, whole.write(head), length, start);
    await ask(whole);
  }
  fs.closeSync(file);
}
async function down({ ask }, name) {
  fs.mkdirSync(`${folder}/${name}`.replace(/[^/]*$/, ''), { recursive: true });
  const file = fs.openSync(`${folder}/${name}`, 'w');
  await ask(`GET /${bucket}/${name} ${end}`, (bytes) => fs.writeSync(file, bytes));
  fs.closeSync(file);
}
async function list({ ask }) {
  for (let token = ''; token !== undefined; ) {
    const pieces = [];
    await ask(`GET /${bucket}?list-type=2${token} ${end}`, (bytes) => pieces.push(bytes));
    const text = Buffer.concat(pieces).latin1Slice();
    for (const [, key] of text.matchAll(/<Key>([^<]*)/g)) names.push(key);
    token = /<NextContinuationToken>([^<]*)/.exec(text)?.[1]?.replace(/^/, '&continuation-token=');
  }
}
const all = Array.from({ length: Number(atOnce) }, connect);
if (verb === 'up')
  names.push(...fs.readdirSync(folder, { recursive: true }).filter((name) => /bin$/.test(name)));
else await list(all[0]);
const run = async (one) => {
  while (verb !== 'list' && names.length > 0) await { up, down }[verb](one, names.pop());
  one.end();
};
await Promise.all(all.map(run));
