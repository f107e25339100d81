// How long large syncs take in the real editor, and how much memory the extension host needs at most. Takes minutes, so
// it runs only when it is named: "npm run test:scale".
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EditorSession } from '../../harness/session';
import { currentPreview, type PreviewPage } from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

const UNCHANGED = 100_000;
const NEW = 10_000;
const TIME = 1_700_000_000;
const MINUTES = 5 * 60_000;

function fileName(i: number): string {
  return `data/${String(i % 100).padStart(2, '0')}/file-${String(i).padStart(6, '0')}.txt`;
}

function fill(folder: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const file = path.join(folder, fileName(i));
    if (i < 100) mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `content of file ${i}\n`);
    utimesSync(file, TIME, TIME);
  }
}

/** The most memory that the extension host has ever held, in MB. */
function peakMemory({ editor }: EditorSession): number {
  const kB = editor
    .extensionHosts()
    .map((pid) => Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));
  assert.ok(kB.length > 0, 'the extension host was found');
  return Math.round(Math.max(...kB) / 1024);
}

async function openAndTime(session: EditorSession, phase: 'preview' | 'same'): Promise<PreviewPage> {
  const { window } = session;
  // Active and warmed up, so that only the sync is measured.
  await window.showRemotes();
  await window.tree.expand('demo');
  const before = peakMemory(session);
  await window.palette.run('Cloud Remotes: Sync Workspace to Remote', window.quick.option('scale'));
  await window.quick.pick('scale');
  const started = Date.now();
  await window.quick.pick('Sync to This Folder');
  const page = await currentPreview(window);
  await page.reach(phase, MINUTES);
  console.log(`preview: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  console.log(`extension host: ${before} MB before, at most ${peakMemory(session)} MB since`);
  console.log(`requests: ${session.s3.requests.length}`);
  return page;
}

withEditor(
  `${UNCHANGED} files, nothing to do`,
  {
    fillWorkspace: (folder) => fill(folder, UNCHANGED),
    prepare: ({ store }) => {
      store.createBucket('scale');
      for (let i = 0; i < UNCHANGED; i++) {
        store.put('scale', fileName(i), `content of file ${i}\n`, { metadata: { mtime: String(TIME) } });
      }
    },
  },
  (step) => {
    step(
      'the preview says that both sides are the same',
      async (session) => {
        const page = await openAndTime(session, 'same');
        await page.expectMain(/100,000/);
        // The facts of the objects are cached, so the next scan requests the listing only.
        session.s3.clearRequests();
        const started = Date.now();
        await page.press('Scan again', async () => (await page.phase()) === 'scanning');
        await page.reach('same', MINUTES);
        console.log(`preview again: ${((Date.now() - started) / 1000).toFixed(1)} s`);
        console.log(`extension host: at most ${peakMemory(session)} MB`);
        console.log(`requests: ${session.s3.requests.length}`);
      },
      MINUTES,
    );
  },
);

withEditor(
  `${NEW} files, first upload`,
  { fillWorkspace: (folder) => fill(folder, NEW), prepare: ({ store }) => void store.createBucket('scale') },
  (step) => {
    step(
      'the preview lists them and Apply uploads them',
      async (session) => {
        const page = await openAndTime(session, 'preview');
        const started = Date.now();
        await page.press('Apply 10,000 changes', async () => (await page.phase()) !== 'preview');
        await page.reach('finished', MINUTES);
        console.log(`upload: ${((Date.now() - started) / 1000).toFixed(1)} s`);
        console.log(`extension host: at most ${peakMemory(session)} MB`);
        assert.equal(session.s3.store.keys('scale').length, NEW);
      },
      MINUTES,
    );
  },
);
