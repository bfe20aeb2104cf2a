import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from '../log.ts';

/** An answer repeats at most so much of a path. */
const MAX_SHOWN_CHARACTERS = 200;

/** In place of fastify's own messages, which tell strangers what the service is made of. */
const texts: Readonly<Record<number, string>> = {
  400: 'the request is malformed: its path, its body or its length',
  413: 'the body is too long',
  414: 'the path is too long',
  415: 'the body must be JSON, with the header content-type: application/json',
};

/** An application without routes. It answers every bad request, and a request whose handler threw, with a sentence. */
export function adminApp(log: Logger): FastifyInstance {
  const answerError = (
    { statusCode = 500, message }: FastifyError,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void => {
    if (statusCode >= 500) log.error({ reason: message }, 'an admin request failed');
    const failed = statusCode >= 500 ? 'the request failed; the log says why' : 'the request is refused';
    refuse(request, reply, statusCode, texts[statusCode] ?? failed);
  };
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // A request that the router refuses reaches no error handler.
    frameworkErrors: answerError,
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  return app;
}

function answerNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const { method, url } = request;
  refuse(request, reply, 404, `nothing at ${method} ${url.slice(0, MAX_SHOWN_CHARACTERS)}`);
}

function refuse({ raw }: FastifyRequest, reply: FastifyReply, statusCode: number, error: string): void {
  const answer = JSON.stringify({ error });
  void reply
    .code(statusCode)
    .type('application/json; charset=utf-8')
    .header('content-length', Buffer.byteLength(answer))
    .send(Readable.from(lingering(answer, raw)));
}

/**
 * Sends the answer at once, and its end when the whole request has arrived or its time is up. A connection that is
 * closed while the peer still sends is reset, and the answer may be lost with it (RFC 9112, 9.6).
 */
async function* lingering(answer: string, request: IncomingMessage): AsyncGenerator<string> {
  yield answer;
  request.resume();
  await finished(request).catch(() => {});
}
