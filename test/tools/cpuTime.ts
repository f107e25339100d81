/** Returns a function that returns the milliseconds of CPU that all threads of this process have used since. A busy machine does not add to them. */
export function cpuTime(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}
