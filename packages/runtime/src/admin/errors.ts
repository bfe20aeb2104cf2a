import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../log.ts';

/** Of a path that is repeated in an answer. */
const MAX_SHOWN_CHARACTERS = 200;

/** In place of fastify's own words, which tell strangers what the service is made of. */
const texts: Readonly<Record<number, string>> = {
  400: 'the request is malformed: its path, its body or its length',
  413: 'the body is too long',
  414: 'the path is too long',
  415: 'the body must be JSON, with the header content-type: application/json',
};

export type AnswerError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void;

/** Answers a request that could not be taken, or whose handler threw, with a sentence. */
export function errorAnswers(log: Logger): AnswerError {
  return ({ statusCode = 500, message }, request, reply) => {
    if (statusCode >= 500) log.error({ reason: message }, 'an admin request failed');
    const failed = statusCode >= 500 ? 'the request failed; the log says why' : 'the request is refused';
    refuse(request, reply, statusCode, texts[statusCode] ?? failed);
  };
}

export function answerNotFound(request: FastifyRequest, reply: FastifyReply): void {
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
 * The answer is there at once, its end when the request has come whole or its time is up: a connection that is closed
 * while the peer still sends is reset, and the answer may be lost with it (RFC 9112, 9.6).
 */
async function* lingering(answer: string, request: IncomingMessage): AsyncGenerator<string> {
  yield answer;
  request.resume();
  await finished(request).catch(() => {});
}
