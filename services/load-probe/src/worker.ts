import { openTcpInfo, TcpInfo } from '@echo-daytime/linux';
import { CounterBlock, type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/worker';
import type { ProbeConfig } from './config.ts';
import type { AssignmentChange } from './monitor/assignments.ts';
import { MessageBatches } from './monitor/messages.ts';
import { countSamples, declareTargetCounters, declareWorkerCounters } from './monitor/metrics.ts';
import { markProblem } from './net/mark.ts';
import { openUdpEngine } from './net/udp-engine.ts';
import { onDeadline, systemClock } from './sampling/clock.ts';
import { Probes, type Watching } from './sampling/probing.ts';

/** Probes the targets that the control plane assigns to this worker. */
export async function openDataPlane(context: DataPlaneContext<ProbeConfig>): Promise<DataPlane> {
  const workerCounters = declareWorkerCounters(context.counters);
  const batches = new MessageBatches((batch) => context.send(batch));
  const { metricsDetail, udpEngine } = context.config;
  const udp = await openUdpEngine(udpEngine);
  // The reason is the same in all workers of a process: only the first logs it.
  if (udpEngine === 'auto' && udp.limited !== undefined && context.worker === 0) {
    context.notice('no ICMP reports over UDP here, node:dgram probes instead', {
      reason: udp.limited,
    });
  }
  const opened = openTcpInfo();
  const tcpInfo = opened instanceof TcpInfo ? opened : undefined;
  if (!(opened instanceof TcpInfo) && context.worker === 0) {
    context.notice('no TCP_INFO here, retransmits of samples over TCP are unknown', {
      reason: opened.reason,
    });
  }
  const probes = new Probes({ clock: systemClock, udp, tcpInfo });
  const watchings = new Map<number, Watching>();

  return {
    addresses: [],
    receive(change) {
      const { remove, add } = change as AssignmentChange;
      for (const number of remove) {
        watchings.get(number)?.abort();
        watchings.delete(number);
      }
      const assignments = add.map(({ number, target, index, of, counters }) => {
        const counted = countSamples(
          declareTargetCounters(new CounterBlock(counters), target, metricsDetail, tcpInfo !== undefined),
          workerCounters,
        );
        const problem = markProblem(target, udp);
        if (problem !== undefined) {
          context.notice('no samples are taken of a target', { target: target.id, reason: problem });
        }
        return { target, index, of, observer: batches.observe(number, counted, systemClock.epoch) };
      });
      for (const [place, watching] of probes.add(assignments).entries()) {
        watchings.set(add[place]!.number, watching);
      }
    },
    async drain(timeoutMs) {
      const all = [...watchings.values()];
      for (const watching of all) watching.stop();
      const cancel = onDeadline(systemClock, systemClock.now() + timeoutMs, () => {
        for (const watching of all) watching.abort();
      });
      await Promise.all(all.map(({ finished }) => finished));
      cancel();
      probes.close();
      batches.close();
    },
  };
}

runDataPlane(openDataPlane);
