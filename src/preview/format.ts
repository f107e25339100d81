import { fill, type Strings } from './strings';

/** Formats numbers, sizes and times. Pure: the caller passes the current time. */
export interface Formatter {
  /** 12431 → "12,431". */
  count(n: number): string;
  /** `one` or `many` (a template with `{0}`), by `n`. */
  plural(n: number, one: string, many: string): string;
  /** 4198 → "4.1 KB" (KB = 1024 bytes, as the Explorer shows). */
  bytes(n: number): string;
  /** 4198 → "4,198 B", for tooltips. */
  exactBytes(n: number): string;
  /** Milliseconds since the epoch → "3 min ago", "yesterday", "2 Nov 2025". */
  ago(ms: number, now: number): string;
  /** Milliseconds since the epoch → date and time to the second, for tooltips. */
  exactTime(ms: number): string;
  /** Milliseconds → "1.2 s", "3 min 5 s", "1 h 12 min"; never less than "0.1 s". */
  duration(ms: number): string;
  /** Bytes a second → "8.1 MB/s". */
  rate(bytesPerSecond: number): string;
  /** 0…1 → "62 %", rounded down so that 100 % means all. */
  percent(share: number): string;
}

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `language` is the editor's BCP 47 tag; an unknown one falls back to English. */
export function formatter(language: string, words: Strings): Formatter {
  const locale = knownLocale(language);
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const thisYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
  const otherYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });

  const bytes = (n: number): string => {
    let value = n;
    let unit = 0;
    // 1023.95 KB would round to "1,024 KB".
    while (value >= (unit === 0 ? 1024 : 1023.95) && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return `${(value < 100 && unit > 0 ? tenths : whole).format(value)} ${units[unit]}`;
  };

  return {
    count: (n) => whole.format(n),
    plural: (n, one, many) => fill(n === 1 ? one : many, whole.format(n)),
    bytes,
    exactBytes: (n) => `${whole.format(n)} B`,
    ago(ms, now) {
      const past = now - ms;
      if (past >= 0 && past < minute) return words.justNow;
      if (past >= 0 && past < hour) return fill(words.minutesAgo, whole.format(Math.floor(past / minute)));
      const days = calendarDays(ms, now);
      if (past >= 0 && days === 0) return fill(words.hoursAgo, whole.format(Math.floor(past / hour)));
      if (days === 1) return words.yesterday;
      if (days > 1 && days < 7) return fill(words.daysAgo, whole.format(days));
      const date = new Date(ms);
      const sameYear = date.getFullYear() === new Date(now).getFullYear();
      return (sameYear ? thisYear : otherYear).format(date);
    },
    exactTime: (ms) => exact.format(new Date(ms)),
    duration(ms) {
      if (ms < 9_950) return fill(words.seconds, tenths.format(Math.max(100, ms) / 1000));
      const s = Math.round(ms / 1000);
      if (s < 60) return fill(words.seconds, whole.format(s));
      if (s < 3600) {
        const rest = s % 60;
        const minutes = fill(words.minutes, whole.format(Math.floor(s / 60)));
        return rest === 0 ? minutes : `${minutes} ${fill(words.seconds, whole.format(rest))}`;
      }
      const rest = Math.floor((s % 3600) / 60);
      const hours = fill(words.hours, whole.format(Math.floor(s / 3600)));
      return rest === 0 ? hours : `${hours} ${fill(words.minutes, whole.format(rest))}`;
    },
    rate: (bytesPerSecond) => fill(words.perSecond, bytes(bytesPerSecond)),
    percent: (share) => `${Math.floor(Math.min(1, Math.max(0, share)) * 100)} %`,
  };
}

function knownLocale(language: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf(language)[0] ?? 'en';
  } catch {
    return 'en'; // not a language tag
  }
}

/** Counts the local midnights between two times. Rounds, because a day with a clock change has 23 or 25 hours. */
function calendarDays(from: number, to: number): number {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((midnight(to) - midnight(from)) / day);
}
