import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { formatRcloneTime, instantFromMs } from '../../src/remote/modifiedTime';
import type { DriveTestServer } from '../servers/amazonDrive/driveServer';
import { checksumOf } from '../servers/s3/requests/checksums';
import type { S3TestServer } from '../servers/s3/s3Server';

/** Keys below `logs:2026/`, enough to need twenty pages. */
export const MANY = 20_000;

const DAY = 86_400_000;
/** Fixed, so that the workspace of an earlier start agrees with the bucket. */
const NEWEST = Date.UTC(2026, 10, 2, 9, 30);

interface DemoFile {
  readonly text: string | Buffer;
  readonly type: string;
  /** Days before NEWEST. */
  readonly age: number;
}

function page(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>${title}</title>
  <link rel="stylesheet" href="/css/main.css">
</head>
<body>
  <h1>${title}</h1>
  <p>${text}</p>
  <script src="/js/app.js"></script>
</body>
</html>
`;
}

const mainCss =
  'body {\n  font-family: system-ui, sans-serif;\n  margin: 2rem auto;\n  max-width: 40rem;\n}\n\nh1 {\n  color: #116466;\n}\n';
const readme =
  '# Northern Lights\n\nThe demo site. Change a file, then run **Cloud Remotes: Sync Workspace to Remote…** from the palette.\n';
const places = [
  { name: 'Tromsø', nights: 4 },
  { name: 'Reykjavík', nights: 3 },
];

/** The little web site of the demo workspace. */
function siteFiles(): Map<string, DemoFile> {
  const files: readonly (readonly [name: string, type: string, age: number, text: string | Buffer])[] = [
    ['index.html', 'text/html', 1, page('Northern Lights', 'Photographs from the far north.')],
    ['about.html', 'text/html', 30, page('About', 'Taken between Tromsø and Reykjavík.')],
    ['css/main.css', 'text/css', 2, mainCss],
    ['css/print.css', 'text/css', 60, '@media print {\n  nav { display: none; }\n}\n'],
    ['js/app.js', 'text/javascript', 12, "document.title += ' · ' + new Date().getFullYear();\n"],
    ['img/logo.png', 'image/png', 90, picture(96, 96, 0)],
    ['img/norðurljós.png', 'image/png', 3, picture(320, 200, 3)],
    ['data/places.json', 'application/json', 5, `${JSON.stringify(places, undefined, 2)}\n`],
    ['notes/заметки.txt', 'text/plain', 8, 'Привет\n'],
    ['README.md', 'text/markdown', 20, readme],
  ];
  return new Map(files.map(([name, type, age, text]) => [name, { text, type, age }]));
}

/** Makes the demo workspace unless it exists, so that changes in it stay. Returns whether it was made. */
export function makeWorkspace(folder: string): boolean {
  if (existsSync(folder)) return false;
  for (const [name, { text, age }] of siteFiles()) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    const time = new Date(NEWEST - age * DAY);
    utimesSync(file, time, time);
  }
  return true;
}

/** Fills the server with examples: nested folders, unicode, binary files, a large prefix, versions, awkward keys. */
export function fillServer(s3: S3TestServer): void {
  const { store } = s3;
  const plain = { contentType: 'text/plain', lastModified: NEWEST };

  store.createBucket('site-assets');
  const put = (name: string, file: DemoFile, age = file.age) => {
    const time = NEWEST - age * DAY;
    store.put('site-assets', name, file.text, {
      contentType: file.type,
      lastModified: time,
      metadata: { mtime: formatRcloneTime(instantFromMs(time)) },
    });
  };
  // The bucket has last month's site, so that a sync has uploads, changes and extra files to show.
  for (const [name, file] of siteFiles()) {
    if (name === 'index.html')
      put(name, { ...file, text: String(file.text).replace('far north', 'north') }, 31);
    else if (name === 'css/main.css') put(name, { ...file, text: 'body {\n  font-family: serif;\n}\n' }, 31);
    else if (!name.startsWith('img/nor') && !name.startsWith('notes/')) put(name, file);
  }
  put('css/old-theme.css', { text: 'body { background: black; }\n', type: 'text/css', age: 400 });
  put('img/banner-2024.png', { text: picture(400, 80, 7), type: 'image/png', age: 500 });

  store.createBucket('photos');
  const albums = ['2024/Lofoten', '2025/Reykjavík', '2025/Αθήνα', '2026/Tromsø', '2026/Åre 🎿/day 1'];
  for (const [i, place] of albums.entries()) {
    for (let n = 1; n <= 6; n++) {
      const lastModified = NEWEST - (700 - i * 120 - n) * DAY;
      const name = `${place}/IMG_${String(i * 100 + n).padStart(4, '0')}.png`;
      store.put('photos', name, picture(160, 120, i + n), { contentType: 'image/png', lastModified });
    }
    store.put('photos', `${place}/notes.txt`, `Six pictures from ${place}.\n`, plain);
  }
  store.put('photos', 'catalogue.csv', 'place,pictures\nLofoten,6\nReykjavík,6\nΑθήνα,6\nTromsø,6\n', {
    contentType: 'text/csv',
    lastModified: NEWEST,
  });
  store.put('photos', 'archive/2019.tar', Buffer.alloc(4096, 1), {
    storageClass: 'GLACIER',
    contentType: 'application/x-tar',
  });

  store.createBucket('logs');
  store.fillMany(
    'logs',
    MANY,
    (i) => `2026/request-${String(i).padStart(6, '0')}.log`,
    () => 'GET / 200\n',
  );
  store.put('logs', 'README.txt', `${MANY.toLocaleString('en')} log files below 2026/.\n`, plain);

  store.createBucket('drafts', { versioning: true });
  for (const version of ['First thought.\n', 'Second thought.\n', 'Third thought, and the best.\n'])
    store.put('drafts', 'letter.md', version, { contentType: 'text/markdown' });

  store.createBucket('odd-names');
  const keys = [
    'plain.txt',
    'a//b.txt',
    '../outside.txt',
    'folder/',
    'with space & plus+.txt',
    'quote"\'.txt',
  ];
  for (const key of [...keys, 'tab\there.txt', '日本語.txt'])
    store.put('odd-names', key, `The key of this object is ${JSON.stringify(key)}.\n`, plain);

  store.createBucket('empty');
}

/** Fills the drives of two accounts with examples, unless they have files, so that changes in them stay. */
export function fillDrive(server: DriveTestServer): void {
  const anna = server.drive('anna@example.com');
  if (anna.tree().length === 0) {
    for (const [name, { text }] of siteFiles()) anna.putFile(`site/${name}`, text);
    for (let n = 1; n <= 6; n++) anna.putFile(`Pictures/Tromsø/IMG_010${n}.png`, picture(160, 120, n));
    for (let n = 1; n <= 450; n++)
      anna.putFile(`Documents/Letters/letter ${String(n).padStart(3, '0')}.txt`, `Dear reader ${n},\n`);
    anna.putFile('Documents/заметки.md', '# Заметки\n');
    anna.putFile('Welcome.txt', "This is Anna's drive.\n");
    anna.putFile('Old plans.txt', 'Found in the trash.\n');
    anna.trash('Old plans.txt');
  }
  const ben = server.drive('ben@example.com');
  if (ben.tree().length === 0) ben.putFile('Welcome.txt', "This is Ben's drive.\n");
}

/** A PNG of a soft gradient, which image viewers open. */
function picture(width: number, height: number, seed: number): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (1 + width * 3) + 1 + x * 3;
      rows[at] = (x * 2 + seed * 40) % 160;
      rows[at + 1] = Math.min(255, 60 + ((y * 3 + seed * 25) % 190));
      rows[at + 2] = 110 + ((x + y) % 120);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  Buffer.from(checksumOf('crc32', [body]), 'base64').copy(framed, body.length + 4);
  return framed;
}
