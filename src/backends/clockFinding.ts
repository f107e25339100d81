import type { ConnectionFinding } from './backend';

/** Services reject requests that are off by 15 minutes; the user should know well before. */
const warningMs = 5 * 60_000;

/** The finding about this computer's clock. `differenceMs` is local minus service time; `because` completes "Set it right: …". */
export function* clockFinding(
  differenceMs: number | undefined,
  because: string,
): Iterable<ConnectionFinding> {
  if (differenceMs === undefined) return;
  const minutes = Math.round(Math.abs(differenceMs) / 60_000);
  yield Math.abs(differenceMs) < warningMs
    ? { title: 'Clock', outcome: 'ok', detail: "This computer's clock agrees with the service's." }
    : {
        title: 'Clock',
        outcome: 'warning',
        detail: `This computer's clock is ${minutes} minutes ${differenceMs > 0 ? 'ahead of' : 'behind'} the service's. Set it right: ${because}.`,
      };
}
