import { Injectable, Logger } from '@nestjs/common';
import { type AccessObserver, type Override } from './domain/index.js';

/** Logs each access granted by a role; the request id is part of the log entry. */
@Injectable()
export class AccessLog implements AccessObserver {
  readonly #logger = new Logger('StreamAuthorizer');

  overridden({ callerId, role, right, streamNames }: Override): void {
    this.#logger.log({ msg: `Access by the role '${role}'`, callerId, role, right, streamNames });
  }
}
