import { type ExecutionContext } from '@nestjs/common';
import { normalizeIp, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { type Request } from 'express';
import { type AppConfig } from '../config/index.js';
import { identificationOf } from './current-caller.js';
import { FixedWindows } from './rate-limit.storage.js';

/** Whose requests are counted together, over all routes. */
interface Counted {
  readonly kind: 'user' | 'address';
  readonly name: string;
}

/** How the throttler counts: a known caller by its id, anyone else, and whoever shows credentials that are refused, by address. */
export function rateLimitOptions({
  windowMs,
  limit,
  limitPerUser,
}: AppConfig['http']['rateLimit']): ThrottlerModuleOptions {
  return {
    throttlers: [{ ttl: windowMs, limit: (context) => (countedFor(context).kind === 'user' ? limitPerUser : limit) }],
    storage: new FixedWindows(),
    getTracker: (_request, context) => trackerOf(countedFor(context)),
    // Not the library's, which counts for every route anew.
    generateKey: (_context, tracker) => tracker,
    errorMessage: (context, { limit: most }) => messageFor(countedFor(context), most, windowMs),
  };
}

function countedFor(context: ExecutionContext): Counted {
  const request = context.switchToHttp().getRequest<Request>();
  const { caller } = identificationOf(request);
  if (caller?.kind === 'known') return { kind: 'user', name: caller.id };
  // An IPv6 network counts as one address: whoever has one address of it has them all. Without any, the connection is gone already.
  return { kind: 'address', name: request.ip === undefined ? 'unknown' : normalizeIp(request.ip) };
}

function trackerOf({ kind, name }: Counted): string {
  return `${kind}:${name}`;
}

function messageFor({ kind, name }: Counted, limit: number, windowMs: number): string {
  const who = kind === 'user' ? `by '${name}'` : `from address ${name}`;
  return `Too many requests ${who}: more than ${limit} in ${windowMs / 1_000} seconds; wait as long as Retry-After says`;
}
