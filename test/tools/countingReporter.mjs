// A reporter for Node's test runner that writes {"passed","failed","skipped"} of all tests, suites not counted.
// usage: node --test --test-reporter=spec --test-reporter-destination=stdout
//          --test-reporter=test/tools/countingReporter.mjs --test-reporter-destination=<file>
export default async function* counting(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
    if (data.skip !== undefined && data.skip !== false) counts.skipped++;
    else if (type === 'test:pass' || data.todo !== undefined) counts.passed++;
    else counts.failed++;
  }
  yield JSON.stringify(counts);
}
