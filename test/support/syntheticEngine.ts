import type { ServedEngine } from '../../src/engine/engineServer';
import { planTotals } from '../../src/plan/build/planTotals';
import type { CopyFile, Plan } from '../../src/plan/model/plan';
import { parsePath } from '../../src/remote/remotePath';

/** An engine that copies nothing: its plan has `count` actions. The path of an explanation says what happens instead. */
export function syntheticEngine(count: number): ServedEngine {
  return {
    async planSync({ source, target, options }, _signal, onProgress) {
      const listed = { source: count, target: 0 };
      for (let i = 0; i < 1000; i++)
        onProgress?.({ listed, compared: { requested: 0, completed: 0 }, actions: i });
      const actions = Array.from({ length: count }, (_, i): CopyFile => {
        const path = parsePath(`a folder/${i % 1000}/file number ${i}.txt`);
        const file = { kind: 'file', path, size: i, modified: { s: 1_000_000_000 + i, ns: 5000 } } as const;
        return {
          id: `c:${path}`,
          kind: 'copyFile',
          path,
          direction: 'upload',
          source: file,
          before: { ...file, md5: 'd41d8cd98f00b204e9800998ecf8427e', version: `v${i}` },
          because: 'sourceIsNewer',
        };
      });
      const none = { files: 0, bytes: 0 };
      const plan: Omit<Plan, 'totals'> = {
        version: 1,
        source,
        target,
        options,
        actions,
        conflicts: [],
        skipped: [],
        unchanged: none,
        listed: { source: none, target: none },
        problems: [],
        safety: [],
      };
      return { ...plan, totals: planTotals(actions, [], []) };
    },
    async runPlan({ actions }, _signal, { observer } = {}) {
      const results = actions.map(({ id, kind, path }) => ({ id, kind, path, outcome: 'done' as const }));
      for (const [i, action] of actions.entries()) {
        observer?.started(action);
        observer?.progressed(action, i);
        const result = results[i];
        if (result) observer?.ended(action, result);
        if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const totals = { done: count, copied: 0, failed: 0, changed: 0, cancelled: 0, notStarted: 0 };
      return { version: 1, startedAt: 0, endedAt: 1, results, totals, bytes: 0 };
    },
    async explainFilter(_request, path, signal) {
      if (path === 'crash')
        setImmediate(() => {
          throw new Error('out of luck');
        });
      if (path === 'exit') process.exit(7);
      if (path === 'crash' || path === 'wait')
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      signal.throwIfAborted();
      return { included: true, sentence: 'It is included.' };
    },
    settingsChanged() {},
    async close() {},
  };
}
