import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type IncomingMessage } from 'node:http';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import { AuthenticationError, type Caller, hasRole, PermissionError } from '../../event-store/domain/index.js';
import { ACCESS_POLICY, type AccessPolicy, callerOf } from '../../http/index.js';

/** Lets a request through where the policy of its route does, and nowhere else: a route without one is closed. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** @throws AuthenticationError, PermissionError; ConnectionError where credentials cannot be checked now */
  canActivate(context: ExecutionContext): boolean {
    const policy = this.reflector.getAllAndOverride<AccessPolicy | undefined>(ACCESS_POLICY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!policy) throw new PermissionError('This route is closed to all, for it does not say who may call it');
    if (policy.kind === 'public' || policy.kind === 'route') return true;
    // Also where nobody needs to be known: whoever shows credentials is told that they are not in order.
    const caller = callerOf(context.switchToHttp().getRequest<IncomingMessage>());
    switch (policy.kind) {
      case 'stream':
        return true;
      case 'open':
        return this.config.auth.openEndpoints.has(policy.group) || assertKnown(caller);
      case 'authenticated':
        return assertKnown(caller);
      case 'roles':
        assertKnown(caller);
        if (!hasRole(caller, ...policy.roles))
          throw new PermissionError(
            `This needs the role ${policy.roles.join(' or ')}; ask whoever gives you tokens for it`,
          );
        return true;
    }
  }
}

function assertKnown(caller: Caller): true {
  if (caller.kind === 'anonymous')
    throw new AuthenticationError(
      'Say who you are: send `Authorization: Bearer` with a token, or `X-API-Key` with an API key',
    );
  return true;
}
