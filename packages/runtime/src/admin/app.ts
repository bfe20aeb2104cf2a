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

/** A 404 reply repeats at most this many characters of the path. */
const MAX_SHOWN_CHARACTERS = 200;

/** In place of fastify's own messages, which show a stranger which software answers. */
const texts: Readonly<Record<number, string>> = {
  400: 'the request is malformed: its path, its body or its length',
  413: 'the body is too long',
  414: 'the path is too long',
  415: 'the body must be JSON, with the header content-type: application/json',
};

/** An application without routes. Every error response is JSON with one sentence, also after a handler threw. */
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
 * Sends the body at once but ends the response only when the whole request was read or timed out. Closing a connection
 * while the client still sends resets it, and the response may be lost with it (RFC 9112, 9.6).
 */
async function* lingering(answer: string, request: IncomingMessage): AsyncGenerator<string> {
  yield answer;
  request.resume();
  await finished(request).catch(() => {});
}
