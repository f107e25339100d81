import type { Place } from '../plan/model/plan';
import { type FlagVerdict, isUndecided, type ReadCommand, type ReadPlace } from './commandLine';

export interface SummaryGroup {
  readonly title: string;
  readonly rows: readonly SummaryRow[];
}

export interface SummaryRow {
  /** A codicon's name. */
  readonly icon: 'check' | 'circle-slash' | 'error';
  /** The flag as typed, with its value. */
  readonly text: string;
  readonly says: string;
}

const groups = [
  { verdict: 'refused', title: 'Not supported', icon: 'error' },
  { verdict: 'understood', title: 'Understood', icon: 'check' },
  { verdict: 'ignored', title: 'Ignored', icon: 'circle-slash' },
] as const;

/** Every flag with its verdict, refused flags first. Groups without flags are absent. Pure. */
export function summaryRows({ flags }: Pick<ReadCommand, 'flags'>): SummaryGroup[] {
  return groups.flatMap(({ verdict, title, icon }) => {
    const rows = flags.filter((flag) => flag.verdict === verdict).map((flag) => rowOf(flag, icon));
    return rows.length === 0 ? [] : [{ title, rows }];
  });
}

function rowOf({ flag, value, because, means }: FlagVerdict, icon: SummaryRow['icon']): SummaryRow {
  return { icon, text: value === undefined ? flag : `${flag} ${value}`, says: means ?? because ?? '' };
}

/** The line in a sentence: "aws s3 sync: /project/dist → photos:site. Not supported: --sse-c." Pure. */
export function summaryOf(command: ReadCommand, describe: (place: Place) => string): string {
  const side = (place: ReadPlace) => (isUndecided(place) ? place.text : describe(place.place));
  const refused = command.flags.filter(({ verdict }) => verdict === 'refused').map(({ flag }) => flag);
  const tool = command.tool === 'aws' ? 'aws s3' : 'rclone';
  const start = `${tool} ${command.verb}: ${side(command.source)} → ${side(command.target)}`;
  const missing = refused.length === 0 ? '' : `. Not supported: ${[...new Set(refused)].join(', ')}.`;
  return `${start}${missing}${command.withheld === undefined ? '' : ` ${command.withheld}`}`;
}
