import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { type ErrorBody } from './error-body.js';
import { DEFAULT_RETRY_AFTER_SECONDS, errorMappingOf } from './error-mapping.js';
import { requestIdOf } from '../request-id.js';

/** The one place where errors become HTTP. Server-side faults are logged with their cause, client-side ones are in the access log. */
@Catch()
export class DomainExceptionFilter implements ExceptionFilter {
  readonly #logger = new Logger(DomainExceptionFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const { status, retryAfterSeconds, ...told } = errorMappingOf(error);
    if (status >= 500) this.#logger.error({ err: error, type: told.type, status }, told.message);
    if (response.headersSent) {
      // Too late to tell: an answer that was cut off must not look like a whole one.
      response.destroy(error instanceof Error ? error : undefined);
      return;
    }
    if (status === 429) response.setHeader('Retry-After', retryAfter(response));
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    const body: ErrorBody = {
      error: told.error,
      message: told.message,
      ...(told.streamName === undefined ? {} : { streamName: told.streamName }),
      type: told.type,
      ...(told.details === undefined ? {} : { details: told.details }),
      requestId: requestIdOf(request),
    };
    response.status(status).json(body);
  }
}

/** The throttler's guard has set it already, in seconds. */
function retryAfter(response: Response): string {
  const set = response.getHeader('Retry-After');
  return typeof set === 'string' || typeof set === 'number' ? String(set) : String(DEFAULT_RETRY_AFTER_SECONDS);
}
