import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { type Request } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';
import { AuthenticationError, hasRole, PermissionError } from '../../../event-store/index.js';
import { callerOf } from '../../../http/index.js';
import { LIVE_SERVICES, type LiveServices, type MonitoredService, type PushTarget } from '../../domain/index.js';

/** The target of a service that reports in; undefined for any other, and for none. */
export function pushTargetOf(service: MonitoredService | undefined): PushTarget | undefined {
  return service?.target.kind === 'push' ? service.target : undefined;
}

/**
 * Lets a report in: with the token of its service where one is configured, otherwise from callers with the role `admin` or `system`.
 * Whether there is such a service is told to these alone.
 */
@Injectable()
export class PushGuard implements CanActivate {
  constructor(@Inject(LIVE_SERVICES) private readonly services: LiveServices) {}

  /** @throws AuthenticationError, PermissionError; ConnectionError where credentials cannot be checked now */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request<{ name: string }>>();
    const token = pushTargetOf(this.services.monitors.get(request.params.name)?.service)?.token;
    if (token !== undefined && isSame(bearerOf(request), token)) return true;
    // The token of a service means nothing to whoever looks at callers, so that a wrong one is refused here.
    const caller = callerOf(request);
    if (caller.kind === 'anonymous')
      throw new AuthenticationError(
        'Say who you are: send `Authorization: Bearer` with the token of the service, or with a token or an API key that has the role admin or system',
      );
    if (token !== undefined || !hasRole(caller, 'admin', 'system'))
      throw new PermissionError(
        'Reporting for a service needs its own token where one is configured, and the role admin or system where none is',
      );
    return true;
  }
}

function bearerOf({ headers }: Request<{ name: string }>): string {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** In a time that tells nothing of where they differ, nor of how long they are. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(expected));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
