import { Injectable, type NestMiddleware } from '@nestjs/common';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { identify } from '../../http/index.js';
import { Authenticator } from '../authenticator.js';

/**
 * Attaches the caller to the request. It rejects nothing: the rate limit follows, so that it also counts rejected
 * requests, and counts the others by caller.
 */
@Injectable()
export class IdentifyMiddleware implements NestMiddleware<IncomingMessage, ServerResponse> {
  constructor(private readonly authenticator: Authenticator) {}

  use(request: IncomingMessage, _response: ServerResponse, next: (error?: unknown) => void): void {
    const identification = this.authenticator.identify(request);
    if (!(identification instanceof Promise)) {
      if (identification.caller?.kind !== 'anonymous') identify(request, identification);
      return next();
    }
    identification.then((resolved) => {
      identify(request, resolved);
      next();
    }, next);
  }
}
