import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { type ErrorBody } from './error-body.js';
import { DEFAULT_RETRY_AFTER_SECONDS, errorMappingOf } from './error-mapping.js';
import { MethodNotAllowedError, UpgradeRequiredError } from './http-errors.js';
import { PROBLEM_JSON, problemOf, wantsProblem } from './problem.js';
import { requestIdOf } from '../request-id.js';

/** Maps errors to HTTP responses. Logs server errors with their cause; client errors are in the access log. */
@Catch()
export class DomainExceptionFilter implements ExceptionFilter {
  readonly #logger = new Logger(DomainExceptionFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const { status, retryAfterSeconds, issues, ...mapping } = errorMappingOf(error);
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
    if (error instanceof MethodNotAllowedError) response.setHeader('Allow', error.allowed.join(', '));
    if (error instanceof UpgradeRequiredError)
      response.setHeader('Upgrade', error.protocol).setHeader('Connection', 'Upgrade');
    const body = { ...mapping, requestId: requestIdOf(request) };
    response.status(status).vary('Accept');
    if (wantsProblem(request)) response.type(PROBLEM_JSON).send(JSON.stringify(problemOf(body, status, issues)));
    else response.json(body satisfies ErrorBody);
  }
}
