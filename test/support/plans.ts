import type { Plan } from '../../src/plan/model/plan';
import { planSync } from '../../src/usecases/planSync';
import { givenSync } from './givenSync';

/** The plan of a fixture (see `givenSync`). */
export async function planOf(...lines: readonly string[]): Promise<Plan> {
  return planSync(givenSync(lines.join('\n')), new AbortController().signal);
}
