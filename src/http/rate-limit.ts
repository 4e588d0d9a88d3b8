import { type ExecutionContext } from '@nestjs/common';
import { normalizeIp, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { type Request } from 'express';
import { type AppConfig } from '../config/index.js';
import { identificationOf } from './current-caller.js';
import { FixedWindows } from './rate-limit.storage.js';

/** Subject of a rate limit; its requests are counted over all routes. */
interface Subject {
  readonly kind: 'user' | 'address';
  readonly name: string;
}

/** Counts authenticated callers by id, and all other requests, also those with rejected credentials, by address. */
export function rateLimitOptions({
  windowMs,
  limit,
  limitPerUser,
}: AppConfig['http']['rateLimit']): ThrottlerModuleOptions {
  return {
    throttlers: [{ ttl: windowMs, limit: (context) => (subjectOf(context).kind === 'user' ? limitPerUser : limit) }],
    storage: new FixedWindows(),
    getTracker: (_request, context) => {
      const { kind, name } = subjectOf(context);
      return `${kind}:${name}`;
    },
    // The library's default counts every route separately.
    generateKey: (_context, tracker) => tracker,
    errorMessage: (context, { limit: exceeded }) => messageFor(subjectOf(context), exceeded, windowMs),
  };
}

function subjectOf(context: ExecutionContext): Subject {
  const request = context.switchToHttp().getRequest<Request>();
  const { caller } = identificationOf(request);
  if (caller?.kind === 'known') return { kind: 'user', name: caller.id };
  // An IPv6 /64 network counts as one address, as one client usually owns all of it. The address is undefined if the
  // connection is already closed.
  return { kind: 'address', name: request.ip === undefined ? 'unknown' : normalizeIp(request.ip) };
}

function messageFor({ kind, name }: Subject, limit: number, windowMs: number): string {
  const who = kind === 'user' ? `by '${name}'` : `from address ${name}`;
  const allowed = `${limit} in ${windowMs / 1_000} seconds`;
  return `Too many requests ${who}: more than ${allowed}; wait for the seconds in Retry-After`;
}
