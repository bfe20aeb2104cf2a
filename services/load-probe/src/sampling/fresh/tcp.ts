import { connectTarget } from '../../net/connect-target.ts';
import type { Attempt, PhaseTimes, Reading } from '../sample.ts';

/** Whether a connection comes about; it is closed at once. */
export async function probeTcp(attempt: Attempt): Promise<Reading> {
  const { clock, startMs } = attempt;
  const phases: PhaseTimes = {};
  const connected = await connectTarget(attempt, phases);
  const endMs = clock.now();
  if (!connected.socket) return { verdict: connected.verdict, endMs, phases };
  const { failed, socket } = connected;
  // A peer that resets what is closed this soon did connect.
  socket.on('error', () => {});
  socket.destroy();
  return { verdict: { outcome: 'ok' }, endMs, phases: { ...phases, total: endMs - startMs }, failed };
}
