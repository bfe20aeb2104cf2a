import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Logger } from '../log.ts';
import { answerNotFound, errorAnswers } from './errors.ts';

/** An application without routes that answers every bad request in words of its own. */
export function adminApp(log: Logger): FastifyInstance {
  const answerError = errorAnswers(log);
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // What the router refuses reaches no error handler.
    frameworkErrors: answerError,
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  return app;
}
