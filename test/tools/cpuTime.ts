/**
 * Starts to count; the answer tells how many milliseconds of CPU this process has used since, on all its threads. Unlike the time that
 * passes, that is the same when other programs keep the machine busy.
 */
export function cpuTime(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}
