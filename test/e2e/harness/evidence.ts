import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './projectRoot';
import type { EditorSession } from './session';

/** Saves what a person needs to understand a failure: a picture of each window, its text, console, logs, S3 requests. Returns the folder. */
export async function saveEvidence(session: EditorSession, name: string): Promise<string> {
  const folder = path.join(
    projectRoot,
    'out',
    'editor-failures',
    name.replaceAll(/[^\w-]+/g, '-').slice(0, 80),
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [i, context] of session.browser.contexts().entries()) {
    for (const [j, page] of context.pages().entries()) {
      await page
        .screenshot({ path: path.join(folder, `window-${i}-${j}.png`), timeout: 5000 })
        .catch((error) => writeFileSync(path.join(folder, `window-${i}-${j}.txt`), String(error)));
    }
  }
  for (const [log, text] of session.editor.logs()) {
    const file = path.join(folder, 'logs', log);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  writeFileSync(path.join(folder, 'server-output.txt'), session.editor.output());
  const requests = session.s3.requests.map((request) => JSON.stringify(request));
  writeFileSync(path.join(folder, 's3-requests.jsonl'), `${requests.join('\n')}\n`);
  return folder;
}

/** The extension's own log channel, and what the extension host says about extensions that failed. */
export function extensionLog(session: EditorSession): string {
  const own: string[] = [];
  for (const [name, text] of session.editor.logs()) {
    if (/cloud-remotes/i.test(name)) own.push(text.trim());
    else if (name.endsWith('remoteexthost.log')) own.push(...errorsIn(text));
  }
  return own.filter(Boolean).join('\n');
}

/** The error entries of a log, with the lines that belong to them. */
function errorsIn(log: string): string[] {
  return log.split(/^(?=\d{4}-\d\d-\d\d )/m).filter((entry) => /^\S+ \S+ \[error\]/.test(entry));
}
