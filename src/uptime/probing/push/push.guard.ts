import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { type Request } from 'express';
import { type IncomingMessage } from 'node:http';
import { createHash, timingSafeEqual } from 'node:crypto';
import { AuthenticationError, type Caller, hasRole, PermissionError } from '../../../event-store/index.js';
import { printable } from '../../../common/text.js';
import { callerOf } from '../../../http/index.js';
import { LIVE_SERVICES, type LiveServices, type MonitoredService, type PushTarget } from '../../domain/index.js';

/** Of the name in a message. */
const MAX_NAME_LENGTH = 64;

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
    const { name } = request.params;
    const token = pushTargetOf(this.services.monitors.get(name)?.service)?.token;
    if (token !== undefined && isSame(bearerOf(request), token)) return true;
    const caller = callerOfReport(request, name);
    if (caller.kind === 'anonymous')
      throw new AuthenticationError(
        'Authentication required: send `Authorization: Bearer` with the token of the service, or with a token or ' +
          'API key of the role admin or system',
      );
    if (!hasRole(caller, 'admin', 'system'))
      throw new PermissionError(`${notTokenOf(name)}, which the caller does not have`);
    if (token !== undefined)
      throw new PermissionError(`The service '${name}' has a token in the services file: send it, no role replaces it`);
    return true;
  }
}

/**
 * Service tokens are not known to the authenticator: here it fails for a wrong one, and for a wrong name.
 *
 * @throws AuthenticationError, the same whether the service exists or not; ConnectionError
 */
function callerOfReport(request: IncomingMessage, name: string): Caller {
  try {
    return callerOf(request);
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    throw new AuthenticationError(`${notTokenOf(name)}; as credentials of a caller: ${error.message}`, {
      cause: error,
    });
  }
}

function notTokenOf(name: string): string {
  return (
    `This is not the token of a push service '${printable(name, MAX_NAME_LENGTH)}': compare the name in the ` +
    'URL and the token with the services file. Only a service without a token is reported by the role admin or system'
  );
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
