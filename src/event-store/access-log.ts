import { Injectable, Logger } from '@nestjs/common';
import { type AccessObserver, type Override } from './domain/index.js';

/** Writes each access by virtue of a role to the log, as one; the request's id is on the line. */
@Injectable()
export class AccessLog implements AccessObserver {
  readonly #logger = new Logger('StreamAuthorizer');

  overridden({ callerId, role, right, streamNames }: Override): void {
    this.#logger.log({ msg: `Access by the role '${role}'`, callerId, role, right, streamNames });
  }
}
