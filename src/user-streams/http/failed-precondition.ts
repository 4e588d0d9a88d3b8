import { type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import { catchError, type Observable, throwError } from 'rxjs';
import { StreamAlreadyExistsError, WrongExpectedRevisionError } from '../../event-store/index.js';
import { PreconditionFailedError } from '../../http/index.js';

type Conditions = Pick<IncomingMessage['headers'], 'if-match' | 'if-none-match'>;

/** Reports a conflict as a failed condition (412) if a header of the request set it; others stay conflicts (409). */
export class FailedPreconditionInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    return next
      .handle()
      .pipe(catchError((error: unknown) => throwError(() => failedPrecondition(error, headers) ?? error)));
  }
}

/** Undefined for an error that no condition in the headers has caused. */
export function failedPrecondition(
  error: unknown,
  { 'if-match': match, 'if-none-match': noneMatch }: Conditions,
): PreconditionFailedError | undefined {
  if (match !== undefined && error instanceof WrongExpectedRevisionError) {
    // With `*`, a writer that loses every race has met its condition.
    if ((match.trim() === '*') !== (error.expected === 'stream_exists')) return undefined;
    return preconditionFailed(error, error.message);
  }
  if (noneMatch !== undefined && error instanceof StreamAlreadyExistsError) {
    const revision = String(error.details?.currentRevision);
    return preconditionFailed(
      error,
      `Stream '${error.streamName}' exists, at revision ${revision}; send If-Match: "${revision}" to write to it`,
    );
  }
  return undefined;
}

function preconditionFailed(
  cause: WrongExpectedRevisionError | StreamAlreadyExistsError,
  message: string,
): PreconditionFailedError {
  const { streamName, details } = cause;
  return new PreconditionFailedError(message, {
    ...(streamName === undefined ? {} : { streamName }),
    ...(details === undefined ? {} : { details }),
    cause,
  });
}
