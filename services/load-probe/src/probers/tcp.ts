import { connectTarget } from '../connect-target.ts';
import type { Attempt, PhaseTimes, Reading } from '../sample.ts';

/** Whether a connection comes about; it is closed at once. */
export async function probeTcp(attempt: Attempt): Promise<Reading> {
  const { clock, startMs } = attempt;
  const phases: PhaseTimes = {};
  const dialled = await connectTarget(attempt, phases);
  const endMs = clock.now();
  if (!dialled.socket) return { verdict: dialled.verdict, endMs, phases };
  // A peer that resets what is closed this soon did connect.
  dialled.socket.on('error', () => {});
  dialled.socket.destroy();
  return { verdict: { outcome: 'ok' }, endMs, phases: { ...phases, total: endMs - startMs } };
}
