import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { type Request } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';
import { AuthenticationError, hasRole, PermissionError } from '../../../event-store/index.js';
import { callerOf } from '../../../http/index.js';
import { LIVE_SERVICES, type LiveServices, type MonitoredService, type PushTarget } from '../../domain/index.js';

/** The target of a service of kind `push`; undefined for any other. */
export function pushTargetOf(service: MonitoredService | undefined): PushTarget | undefined {
  return service?.target.kind === 'push' ? service.target : undefined;
}

/**
 * Authorizes a report: by the token of the service if one is configured, otherwise for callers with the role `admin` or
 * `system`. Other callers cannot find out whether the service exists.
 */
@Injectable()
export class PushGuard implements CanActivate {
  constructor(@Inject(LIVE_SERVICES) private readonly services: LiveServices) {}

  /** @throws AuthenticationError, PermissionError; ConnectionError if credentials cannot be checked at the moment */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request<{ name: string }>>();
    const token = pushTargetOf(this.services.monitors.get(request.params.name)?.service)?.token;
    if (token !== undefined && isSame(bearerOf(request), token)) return true;
    // Service tokens are not known to the authenticator, so a wrong one is rejected here.
    const caller = callerOf(request);
    if (caller.kind === 'anonymous')
      throw new AuthenticationError(
        'Authentication required: send `Authorization: Bearer` with the token of the service, or with a token or ' +
          'API key of the role admin or system',
      );
    if (token !== undefined || !hasRole(caller, 'admin', 'system'))
      throw new PermissionError(
        'Reporting for a service requires its token if one is configured, otherwise the role admin or system',
      );
    return true;
  }
}

function bearerOf({ headers }: Request<{ name: string }>): string {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** Constant-time comparison that does not reveal the length either. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(expected));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
