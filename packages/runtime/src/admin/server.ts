import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { prefersProtobuf } from '../exposition/accepted-format.ts';
import { exposition } from '../exposition/exposition.ts';
import { ProtobufFormat } from '../exposition/protobuf-format.ts';
import { TextFormat } from '../exposition/text-format.ts';
import type { FaultControl } from '../faults/fault-control.ts';
import { serveFaults } from '../faults/fault-routes.ts';
import { describeFaults } from '../faults/read-faults.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Supervisor } from '../supervisor.ts';
import { STALE_AFTER_S } from '../watchdog.ts';
import { adminApp } from './app.ts';

export interface AdminOptions {
  readonly service: { readonly name: string; readonly version: string };
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  readonly supervisor: Supervisor;
  readonly metrics: Metrics;
  readonly faults: FaultsPart;
}

/** Whether faults can be injected: never (a service without listeners), not now, or now. */
export type FaultsPart =
  | { readonly name: 'none' }
  | { readonly name: 'off' }
  | { readonly name: 'on'; readonly control: FaultControl };

/** The admin HTTP application: health, metrics, version. A service may add routes before it listens. */
export function openAdmin(options: AdminOptions): FastifyInstance {
  const { service, log, lifecycle, supervisor, metrics, faults } = options;
  const app = adminApp(log);

  app.get('/livez', (_request, reply) => {
    const { heartbeatAge, isHung } = supervisor.status();
    void reply.code(isHung ? 503 : 200);
    return {
      status: isHung ? 'hung' : 'alive',
      heartbeatAgeSeconds: round(heartbeatAge),
      ...(isHung && {
        reason: `a data-plane worker has sent no heartbeat for more than ${STALE_AFTER_S} s`,
      }),
    };
  });

  app.get('/readyz', ({ query }, reply) => {
    const { listening, workers } = supervisor.status();
    const ready = lifecycle.phase === 'running' && listening === workers;
    void reply.code(ready ? 200 : 503);
    const status = ready ? 'ready' : lifecycle.phase === 'running' ? 'starting' : lifecycle.phase;
    if (!Object.hasOwn(query as object, 'verbose')) {
      return { status, workers, ...(!ready && { listening }) };
    }
    const { addresses } = supervisor;
    return { status, workers, listening, listeners: addresses, faults: activeFaults(faults) };
  });

  if (faults.name !== 'none') serveFaults(app, faults.name === 'on' ? faults.control : undefined, log);

  const [text, protobuf] = [new TextFormat(), new ProtobufFormat()];
  app.get('/metrics', ({ headers }, reply) => {
    const format = prefersProtobuf(headers.accept) ? protobuf : text;
    void reply.type(format.contentType).header('vary', 'accept');
    return reply.send(Readable.from(exposition(format, metrics), { objectMode: false }));
  });

  app.get('/version', () => ({ ...service, node: process.versions.node }));
  return app;
}

/** The faults of each listener that has any; `off` when FAULTS is off. */
function activeFaults(faults: FaultsPart): unknown {
  if (faults.name !== 'on') return 'off';
  const { control } = faults;
  const active = control.names.map((name) => [name, describeFaults(control.get(name))] as const);
  return Object.fromEntries(active.filter(([, described]) => Object.keys(described).length > 0));
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
