import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type IncomingMessage } from 'node:http';
import { APP_CONFIG, type AppConfig } from '../../config/index.js';
import { AuthenticationError, type Caller, hasRole, PermissionError } from '../../event-store/domain/index.js';
import { ACCESS_POLICY, type AccessPolicy, callerOf } from '../../http/index.js';

/** Enforces the {@link AccessPolicy} of each route. A route without a policy rejects every request. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** @throws AuthenticationError, PermissionError; ConnectionError while credentials cannot be verified */
  canActivate(context: ExecutionContext): boolean {
    const policy = this.reflector.getAllAndOverride<AccessPolicy | undefined>(ACCESS_POLICY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!policy) throw new PermissionError('This route is closed to all: it has no access policy');
    if (policy.kind === 'public' || policy.kind === 'route') return true;
    // Throws for invalid credentials, also on routes that require none.
    const caller = callerOf(context.switchToHttp().getRequest<IncomingMessage>());
    switch (policy.kind) {
      case 'stream':
        return true;
      case 'open':
        return this.config.auth.openEndpoints.has(policy.group) || assertAuthenticated(caller);
      case 'authenticated':
        return assertAuthenticated(caller);
      case 'roles':
        assertAuthenticated(caller);
        if (!hasRole(caller, ...policy.roles))
          throw new PermissionError(
            `This route requires the role ${policy.roles.join(' or ')}; use credentials with that role`,
          );
        return true;
    }
  }
}

function assertAuthenticated(caller: Caller): true {
  if (caller.kind === 'anonymous')
    throw new AuthenticationError(
      'Authentication required: send `Authorization: Bearer` with a token, or `X-API-Key` with an API key',
    );
  return true;
}
