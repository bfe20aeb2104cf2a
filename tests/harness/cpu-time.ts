/** The CPU time that this thread spends in `work`, milliseconds: what else runs on the machine does not lengthen it. */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
