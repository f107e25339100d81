import type { Action, Plan } from '../../../src/plan/model/plan';
import type { Instant } from '../../../src/remote/modifiedTime';
import { file, largePlan, noon, planOf, remove, setTime, upload } from '../../unit/preview/plans';

/** Plans to look at; their times are moved so that they lie shortly before now. */
export function planNamed(scene: string): Plan {
  return moved(plans[scene]?.() ?? threeRows());
}

const plans: Readonly<Record<string, () => Plan>> = {
  large: () => largePlan(100_000),
  same: () => planOf({ unchanged: 12_431 }),
  mixed,
  finished: mixed,
  running: mixed,
  check: () => ({ ...mixed(), safety: [] }),
  move: moves,
  renames,
  downloads: () => planOf({ actions: [], skipped: mixed().skipped }),
};

function threeRows(): Plan {
  return planOf({
    actions: [
      upload('img/hero.jpg', 2_411_724, file('img/hero.jpg', 2_202_009, 172_800)),
      upload('img/logo.svg', 4198),
      upload('index.html', 12_800, file('index.html', 12_800, 86_400)),
    ],
    unchanged: 12_409,
  });
}

function rename(from: string, to: string): Action {
  const [source, before] = [file(to, 48_210), file(from, 48_210)];
  const paths = { path: source.path, from: before.path };
  return { kind: 'moveFile', id: `r:${to}`, ...paths, source, before, because: 'renamed' };
}

function renames(): Plan {
  return planOf({
    actions: [
      rename('photo.jpg', 'img/2026/photo.jpg'),
      rename('img/old name.svg', 'img/new name.svg'),
      upload('index.html', 12_800, file('index.html', 12_700, 86_400)),
      remove('css/old.css', 9_216),
    ],
    unchanged: 12,
  });
}

function moves(): Plan {
  const removal = (path: string): Action => ({
    kind: 'removeSource',
    id: `m:${path}`,
    path: file(path).path,
    source: file(path, 900),
    before: file(path, 900),
    because: 'alreadyThere',
  });
  return planOf({
    actions: [upload('css/main.css', 18_211), upload('img/hero.jpg', 2_411_724), removal('index.html')],
    unchanged: 0,
  });
}

function mixed(): Plan {
  const skipped = (path: string, because: Plan['skipped'][number]['because'], detail?: string) =>
    ({ path, side: 'source', because, ...(detail ? { detail } : {}), bytes: 1200 }) as const;
  return planOf({
    actions: [
      upload('css/main.css', 18_211, file('css/main.css', 17_900, 86_400 * 3)),
      upload('css/print.css', 2_100),
      upload('fonts/vendor/inter/inter-latin-variable.woff2', 310_224),
      upload('img/hero.jpg', 2_411_724, file('img/hero.jpg', 2_202_009, 172_800)),
      upload('img/logo.svg', 4198),
      upload('img/team/Ågnes Müller – portrait, cropped for the front page (final).jpg', 812_400),
      upload('img/team/bob.jpg', 640_010, file('img/team/bob.jpg', 640_010, 20), 'targetIsNewer'),
      upload('index.html', 12_800, file('index.html', 12_700, 86_400 * 400), 'sizeDiffers'),
      setTime('data/a.json'),
      setTime('data/b.json'),
      upload('downloads/handbook.pdf', 48_211_724),
      remove('css/old.css', 9_216),
      remove('img/2019/banner.png', 88_211),
    ],
    conflicts: [
      { path: 'docs' as never, because: 'fileAgainstFolder', source: file('docs', 120) },
      {
        path: 'img/Logo.svg' as never,
        because: 'sameName',
        with: 'img/logo.svg',
        source: file('img/Logo.svg', 4100),
      },
    ],
    skipped: [
      skipped('a//b.txt', 'emptyPart'),
      skipped('cache/link', 'symlink'),
      skipped('private/key.pem', 'unreadable'),
      skipped('con.txt', 'badName', 'is reserved on Windows'),
    ],
    unchanged: 12_409,
    problems: [
      {
        side: 'target',
        path: 'private' as never,
        kind: 'forbidden',
        message: 'Can’t list photos:site-assets/private — access denied (403).',
      },
    ],
    safety: [
      {
        kind: 'manyDeletes',
        effect: 'confirm',
        message:
          'More than half of the files in photos:site-assets would be deleted. You will be asked again.',
      },
    ],
  });
}

function moved(plan: Plan): Plan {
  const by = Math.floor((Date.now() - noon) / 1000);
  return JSON.parse(JSON.stringify(plan), (key, value: unknown) =>
    key === 'modified' ? { s: (value as Instant).s + by, ns: 0 } : value,
  ) as Plan;
}
