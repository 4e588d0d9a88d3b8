import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import {
  ANONYMOUS,
  AuthenticationError,
  type Caller,
  type ConnectionError,
  type AuthenticatedCaller,
} from '../event-store/domain/index.js';

/** What became of looking at a request's credentials: they were accepted, refused, or cannot be checked now. */
export type Identification =
  | { readonly caller: Caller; readonly failure?: undefined }
  | { readonly caller?: undefined; readonly failure: AuthenticationError | ConnectionError };

const identifications = new WeakMap<IncomingMessage, Identification>();

/** Keeps, for the guards and controllers, who sent a request; identity's middleware calls it. */
export function identify(request: IncomingMessage, identification: Identification): void {
  identifications.set(request, identification);
}

/** Who sent a request, or why its credentials were refused; anonymous where nobody looked. */
export function identificationOf(request: IncomingMessage): Identification {
  return identifications.get(request) ?? { caller: ANONYMOUS };
}

/** Who sent a request. @throws AuthenticationError where its credentials were refused, ConnectionError where they cannot be checked now */
export function callerOf(request: IncomingMessage): Caller {
  const { caller, failure } = identificationOf(request);
  if (failure) throw failure;
  return caller;
}

/** Injects the {@link Caller} into a controller's method. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<IncomingMessage>()),
);

/** {@link CurrentCaller}, for routes that nobody may call without saying who asks. */
export const CurrentAuthenticatedCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): AuthenticatedCaller => {
    const caller = callerOf(context.switchToHttp().getRequest<IncomingMessage>());
    if (caller.kind === 'anonymous')
      throw new AuthenticationError('Say who you are: send a bearer token or an API key');
    return caller;
  },
);
