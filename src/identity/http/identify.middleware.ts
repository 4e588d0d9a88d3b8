import { Injectable, type NestMiddleware } from '@nestjs/common';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { identify } from '../../http/index.js';
import { Authenticator } from '../authenticator.js';

/**
 * Finds out who sent a request, for everything behind it. Refuses nobody: the guard does, so that the rate limit, which stands
 * between them, counts refused requests too and knows by whose name to count the others.
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
    identification.then((found) => {
      identify(request, found);
      next();
    }, next);
  }
}
