import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from './log.ts';

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
  return ({ statusCode = 500, message }, _request, reply) => {
    if (statusCode >= 500) log.error({ reason: message }, 'an admin request failed');
    const failed = statusCode >= 500 ? 'the request failed; the log says why' : 'the request is refused';
    void reply.code(statusCode).send({ error: texts[statusCode] ?? failed });
  };
}

export function answerNotFound({ method, url }: FastifyRequest, reply: FastifyReply): void {
  void reply.code(404).send({ error: `nothing at ${method} ${url.slice(0, MAX_SHOWN_CHARACTERS)}` });
}
