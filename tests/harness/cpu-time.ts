/** The CPU time that this thread spends in `work`, milliseconds. Other programs on the machine do not lengthen it. */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
