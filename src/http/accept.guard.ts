import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Request } from 'express';
import { NotAcceptableError } from './errors/http-errors.js';
import { PROBLEM_JSON } from './errors/problem.js';
import { PRODUCED_TYPES } from './produced-types.js';

/** A client may name only the media type that it wants errors in. */
const JSON_TYPES: readonly string[] = ['application/json', PROBLEM_JSON];
/** RFC 9110, 12.5.1. */
const MEDIA_RANGE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;

/**
 * Refuses a request whose `Accept` excludes what its route responds with, before anything is done for it. A header
 * without any media range is ignored, as if it had not been sent.
 */
@Injectable()
export class AcceptGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /** @throws NotAcceptableError */
  canActivate(context: ExecutionContext): boolean {
    const types =
      this.reflector.getAllAndOverride<readonly string[] | undefined>(PRODUCED_TYPES, [
        context.getHandler(),
        context.getClass(),
      ]) ?? JSON_TYPES;
    const request = context.switchToHttp().getRequest<Request>();
    if (types.length > 0 && hasMediaRange(request.headers.accept) && request.accepts([...types]) === false)
      throw new NotAcceptableError(types);
    return true;
  }
}

function hasMediaRange(accept = ''): boolean {
  return accept.split(',').some((range) => MEDIA_RANGE.test(range.split(';', 1)[0]?.trim() ?? ''));
}
