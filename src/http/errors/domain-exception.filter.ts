import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { type ErrorBody } from './error-body.js';
import { DEFAULT_RETRY_AFTER_SECONDS, errorMappingOf } from './error-mapping.js';
import { requestIdOf } from '../request-id.js';

/** Maps errors to HTTP responses. Logs server errors with their cause; client errors are in the access log. */
@Catch()
export class DomainExceptionFilter implements ExceptionFilter {
  readonly #logger = new Logger(DomainExceptionFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const { status, retryAfterSeconds, ...mapping } = errorMappingOf(error);
    if (status >= 500) this.#logger.error({ err: error, type: mapping.type, status }, mapping.message);
    if (response.headersSent) {
      // The status is sent already: a truncated response must not look like a complete one.
      response.destroy(error instanceof Error ? error : undefined);
      return;
    }
    // The rate limit sets the header, other limits do not.
    if (status === 429 && !response.hasHeader('Retry-After'))
      response.setHeader('Retry-After', DEFAULT_RETRY_AFTER_SECONDS);
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    const body: ErrorBody = { ...mapping, requestId: requestIdOf(request) };
    response.status(status).json(body);
  }
}
