import type { ConnectionFinding } from './backend';

/** Services reject requests that are off by 15 minutes; the user should know well before. */
const warningMs = 5 * 60_000;

/** The finding about this computer's clock. `differenceMs` is local minus service time; `because` completes "Set it right: …". */
export function* clockFinding(
  differenceMs: number | undefined,
  because: string,
): Iterable<ConnectionFinding> {
  if (differenceMs === undefined) return;
  const isRight = Math.abs(differenceMs) < warningMs;
  const minutes = Math.round(Math.abs(differenceMs) / 60_000);
  const difference = `${minutes} minutes ${differenceMs > 0 ? 'ahead of' : 'behind'} the service's`;
  const detail = isRight
    ? "This computer's clock agrees with the service's."
    : `This computer's clock is ${difference}. Set it right: ${because}.`;
  yield { title: 'Clock', outcome: isRight ? 'ok' : 'warning', detail };
}
