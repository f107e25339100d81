// A reporter for Node's test runner that writes {"passed","failed","skipped","failures"} of all tests, without suites;
// `failures` has the name and the error of each failed test, for the end of a long output.
// usage: node --test --test-reporter=spec --test-reporter-destination=stdout
//          --test-reporter=test/tools/countingReporter.mjs --test-reporter-destination=<file>
export default async function* counting(events) {
  const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
    if (data.skip !== undefined && data.skip !== false) counts.skipped++;
    else if (type === 'test:pass' || data.todo !== undefined) counts.passed++;
    else {
      counts.failed++;
      const { error } = data.details ?? {};
      const reason = error?.cause?.stack ?? error?.cause ?? error?.message ?? '';
      counts.failures.push(`${data.name}\n    ${String(reason).split('\n').slice(0, 12).join('\n    ')}`);
    }
  }
  yield JSON.stringify(counts);
}
