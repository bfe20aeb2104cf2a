import { fileURLToPath } from 'node:url';
import { tcpImbalance } from '../../harness/balance.ts';
import { eventually } from '../../harness/eventually.ts';
import { freePort } from '../../harness/free-port.ts';
import { Promises, type Scenario } from '../scenario.ts';
import { startService } from '../service.ts';
import { Control } from './control.ts';

export const SABOTEUR = fileURLToPath(new URL('./saboteur.mjs', import.meta.url));
const DIED = 'data-plane worker died, starting it again';
/** A restart begins after 100 ms, and a busy machine takes seconds to load a worker. */
const RESTART_MS = 15_000;
const HUNG_MS = 10_000;

/** @param withinMs maximum time from the fault to the next reply */
function workerDies(name: string, sabotage: string, reason: RegExp, withinMs: number, flags = ''): Scenario {
  const seconds = Math.ceil(withinMs / 2_000);
  return {
    name,
    area: 'faults',
    // In brief: packages/runtime/test/worker-death.test.ts and worker-hang.test.ts.
    seconds: { brief: 0, full: seconds },
    async run() {
      const promises = new Promises();
      const port = await freePort();
      await using service = await startService('echo', {
        PORT: String(port),
        SABOTAGE: sabotage,
        NODE_OPTIONS: `--import=${SABOTEUR} ${flags}`,
      });
      await using control = new Control(() => port);
      await eventually(() => {
        if (control.answered === 0) throw new Error('echo does not answer');
      });
      service.child.kill('SIGUSR2');
      const death = await eventually(() => {
        const found = service.log.find(({ msg }) => msg === DIED);
        if (!found) throw new Error(`${name}: no line in the log tells of the death`);
        return found;
      }, withinMs);
      const { message } = death.failure as { message: string };
      promises.expect(reason.test(message), `The log must give the reason ${reason}.`, message);
      await service.logged('listening', 1);
      const answeredBefore = control.answered;
      await eventually(() => {
        if (control.answered < answeredBefore + 3) throw new Error('no client is served after the restart');
      }, RESTART_MS);
      await control.stop();
      promises.expect(
        control.longestGapMs <= withinMs,
        `It must serve again within ${withinMs} ms.`,
        control.longestGapMs,
      );
      promises.equal(control.wrong, 0, 'Wrong answers');
      const metrics = await service.metrics();
      promises.equal(metrics.value('l4_data_plane_worker_restarts_total'), 1, 'Restarts that were counted');
      promises.equal(tcpImbalance(metrics, 'echo-tcp'), 0, 'accepted - open - Σ closed');
      promises.equal(await service.status('/readyz'), 200, '/readyz after it');
      return {
        load: `${control.asked} exchanges around it`,
        lost: `${control.asked - control.answered} exchanges while it was away`,
        figures: { 'longest gap': `${(control.longestGapMs / 1_000).toFixed(1)} s` },
        broken: promises.broken,
      };
    },
  };
}

export const workerScenarios: readonly Scenario[] = [
  workerDies('worker ends by an exception', 'throw', /^sabotage$/, RESTART_MS),
  workerDies('worker runs out of memory', 'hoard', /memory limit/, 2 * RESTART_MS, '--max-old-space-size=64'),
  workerDies('worker in an endless loop', 'hang', /stood still/, HUNG_MS + RESTART_MS),
];
