import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from '../log.ts';
import type { FaultControl } from './fault-control.ts';
import { describeFaults, readFaults } from './read-faults.ts';

/** Many times the longest useful body. Bytes. */
const MAX_BODY_BYTES = 16 * 1024;

interface ListenerParams {
  readonly Params: { readonly listener: string };
}

/** The routes that set, show and clear faults. Without a control they only say how to switch faults on. */
export function serveFaults(app: FastifyInstance, control: FaultControl | undefined, log: Logger): void {
  if (!control) {
    const off = { error: 'faults are off; start the service with FAULTS=on to inject them' };
    // In `onRequest`, before the body is read: with faults off, the body does not matter.
    const onRequest = async (_request: unknown, reply: FastifyReply): Promise<unknown> =>
      reply.code(404).send(off);
    for (const url of ['/faults', '/faults/*']) app.all(url, { onRequest }, () => off);
    return;
  }
  // A scope of its own: the error handler is for these routes alone.
  void app.register(async (scope) => {
    scope.setErrorHandler<FastifyError>((error, _request, reply) => {
      const status = error.statusCode ?? 500;
      if (status >= 500) log.error({ reason: error.message }, 'setting faults failed');
      return reply.code(status).send({ error: bodyProblem(error) });
    });

    scope.get('/faults', () => Object.fromEntries(control.names.map((name) => [name, described(name)])));

    scope.delete('/faults', () => {
      for (const name of control.names) control.set(name, {});
      log.warn('faults cleared');
      return Object.fromEntries(control.names.map((name) => [name, {}]));
    });

    scope.get<ListenerParams>('/faults/:listener', ({ params: { listener } }, reply) =>
      control.protocolOf(listener) ? described(listener) : unknownListener(listener, reply),
    );

    scope.delete<ListenerParams>('/faults/:listener', ({ params: { listener } }, reply) => {
      if (!control.protocolOf(listener)) return unknownListener(listener, reply);
      control.set(listener, {});
      log.warn({ listener }, 'faults cleared');
      return {};
    });

    scope.put<ListenerParams>(
      '/faults/:listener',
      { bodyLimit: MAX_BODY_BYTES },
      ({ params: { listener }, body }, reply) => {
        const protocol = control.protocolOf(listener);
        if (!protocol) return unknownListener(listener, reply);
        const read = readFaults(body, protocol);
        if ('problems' in read) {
          const error = `the faults of ${listener} are unchanged: ${read.problems.join('; ')}`;
          return reply.code(400).send({ error, problems: read.problems });
        }
        control.set(listener, read.faults);
        log.warn({ listener, faults: described(listener) }, 'faults set');
        return described(listener);
      },
    );
  });

  function described(listener: string): Record<string, unknown> {
    return describeFaults(control?.get(listener) ?? {});
  }

  function unknownListener(listener: string, reply: FastifyReply): FastifyReply {
    const names = control?.names.join(', ');
    const error = `no listener ${JSON.stringify(listener.slice(0, 100))}; there are ${names}`;
    return reply.code(404).send({ error });
  }
}

/** In place of fastify's own messages, which do not say what the body must be here. */
function bodyProblem({ code, message, statusCode = 500 }: FastifyError): string {
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return 'the body must be JSON, with the header content-type: application/json';
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return `the body is longer than ${MAX_BODY_BYTES} bytes; all faults together take a few hundred`;
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return 'the body is empty; it must be an object of faults, such as {"loss":{"probability":0.2}}';
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return 'the body is not JSON; it must be an object of faults, such as {"loss":{"probability":0.2}}';
    default:
      return statusCode < 500 ? message : 'setting faults failed; the log says why';
  }
}
