import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import { ANONYMOUS, type AuthenticationError, type Caller } from '../event-store/domain/index.js';

/** What became of looking at a request's credentials. */
export type Identification = { readonly caller: Caller; readonly failure?: undefined } | { readonly caller?: undefined; readonly failure: AuthenticationError };

const identifications = new WeakMap<IncomingMessage, Identification>();

/** Keeps, for the guards and controllers, who sent a request; identity's middleware calls it. */
export function identify(request: IncomingMessage, identification: Identification): void {
  identifications.set(request, identification);
}

/** Who sent a request, or why its credentials were refused; anonymous where nobody looked. */
export function identificationOf(request: IncomingMessage): Identification {
  return identifications.get(request) ?? { caller: ANONYMOUS };
}

/** Who sent a request. @throws AuthenticationError where its credentials were refused */
export function callerOf(request: IncomingMessage): Caller {
  const { caller, failure } = identificationOf(request);
  if (failure) throw failure;
  return caller;
}

/** Injects the {@link Caller} into a controller's method. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) => callerOf(context.switchToHttp().getRequest<IncomingMessage>()));
