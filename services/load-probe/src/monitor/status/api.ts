import type { FastifyInstance } from 'fastify';
import type { Mesh } from '../mesh/mesh.ts';
import { rowOf } from '../mesh/row.ts';
import { EventStream } from './event-stream.ts';
import { readHistoryQuery } from './history-query.ts';
import type { PageFile } from './page-files.ts';
import type { StatusStore } from './store.ts';

/** The page loads nothing from other origins, and no other site may show it in a frame. */
const securityHeaders = {
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** The longest wait of the page itself before it reconnects. */
const RETRY_AFTER_S = 8;

/** Adds the status page and the JSON behind it to the admin listener. */
export async function serveStatus(
  app: FastifyInstance,
  store: StatusStore,
  { files, mesh }: { readonly files: readonly PageFile[]; readonly mesh: Mesh | undefined },
): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      void reply.headers(securityHeaders);
    });

    for (const { path, type, body } of files) {
      scope.get(path, (_request, reply) => reply.type(type).header('cache-control', 'no-cache').send(body));
    }

    scope.get('/api/targets', (_request, reply) => {
      void reply.header('cache-control', 'no-store');
      return store.status();
    });

    scope.get('/api/row', (_request, reply) => {
      void reply.header('cache-control', 'no-store');
      return rowOf(store.status());
    });

    scope.get('/api/mesh', async (_request, reply) => {
      void reply.header('cache-control', 'no-store');
      if (mesh) return await mesh.read();
      void reply.code(404);
      return { error: 'this probe is in no mesh: MESH is not set' };
    });

    // A wildcard: the id of a target is often its URL, which has slashes.
    scope.get<{ Params: { '*': string }; Querystring: Readonly<Record<string, unknown>> }>(
      '/api/targets/*',
      (request, reply) => {
        void reply.header('cache-control', 'no-store');
        const id = request.params['*'];
        const asked = readHistoryQuery(request.query);
        if ('problems' in asked) {
          void reply.code(400);
          return { error: asked.problems.join('; ') };
        }
        const found = 'spanMs' in asked ? store.history(id, asked.spanMs, asked.buckets) : store.target(id);
        if (found) return found;
        void reply.code(404);
        return { error: `there is no target ${id}`, targets: store.ids };
      },
    );

    const events = new EventStream(store);
    // No HEAD: a stream has no end to wait for.
    scope.get('/api/events', { exposeHeadRoute: false }, (_request, reply) => {
      if (events.isFull) {
        const error = `all ${events.clients} event streams are taken; close a page or try again later`;
        return reply.code(503).header('retry-after', RETRY_AFTER_S).send({ error });
      }
      reply.hijack();
      events.add(reply.raw, securityHeaders);
    });
    scope.addHook('preClose', async () => {
      events.close();
      mesh?.close();
    });
  });
}
