import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import {
  ANONYMOUS,
  AuthenticationError,
  type Caller,
  type ConnectionError,
  type AuthenticatedCaller,
} from '../event-store/domain/index.js';

/** The caller of a request, or why its credentials were rejected or could not be checked. */
export type Identification =
  | { readonly caller: Caller; readonly failure?: undefined }
  | { readonly caller?: undefined; readonly failure: AuthenticationError | ConnectionError };

const identifications = new WeakMap<IncomingMessage, Identification>();

/** Stores the result of the middleware of `identity` for guards and controllers. */
export function identify(request: IncomingMessage, identification: Identification): void {
  identifications.set(request, identification);
}

/** Result of authentication; anonymous if the request did not pass the middleware. */
export function identificationOf(request: IncomingMessage): Identification {
  return identifications.get(request) ?? { caller: ANONYMOUS };
}

/** @throws AuthenticationError if the credentials were rejected, ConnectionError if they could not be checked */
export function callerOf(request: IncomingMessage): Caller {
  const { caller, failure } = identificationOf(request);
  if (failure) throw failure;
  return caller;
}

export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<IncomingMessage>()),
);

/** {@link callerOf} for routes that require authentication. @throws AuthenticationError, ConnectionError */
export function authenticatedCallerOf(request: IncomingMessage): AuthenticatedCaller {
  const caller = callerOf(request);
  if (caller.kind === 'anonymous')
    throw new AuthenticationError('Authentication required: send a bearer token or an API key');
  return caller;
}

export const CurrentAuthenticatedCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  authenticatedCallerOf(context.switchToHttp().getRequest<IncomingMessage>()),
);
