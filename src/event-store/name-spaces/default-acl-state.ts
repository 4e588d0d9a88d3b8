import { Logger } from '@nestjs/common';
import { type EventStore, NAME_SPACES, PermissionError } from '../domain/index.js';
import { isOpenByDefault, restrictDefaultAcl } from './default-acl.js';

const OPEN =
  `Every user of this KurrentDB may write to streams of ${NAME_SPACES.map((prefix) => `${prefix}*`).join(', ')} that do not exist yet; ` +
  'KURRENTDB_RESTRICT_DEFAULT_ACL=true changes that for the whole store';
const UNKNOWN =
  'Whether other users of this KurrentDB may write to streams of this service is unknown: $settings cannot be read';

/** What is known of the store's default access control list, for the log and for `/health`. */
export class DefaultAclState {
  readonly #logger = new Logger('NameSpaces');
  #warning: string | undefined;

  constructor(
    private readonly store: Pick<EventStore, 'appendToStream' | 'readStream'>,
    private readonly isOwnStore: boolean,
  ) {}

  /** Undefined if nobody else may write to streams of this service. */
  get warning(): string | undefined {
    return this.#warning;
  }

  /** @throws errors of the store */
  async read({ restrictsDefaultAcl }: { readonly restrictsDefaultAcl: boolean }): Promise<void> {
    if (this.isOwnStore) return;
    try {
      if (!(await isOpenByDefault(this.store))) return;
      if (restrictsDefaultAcl) {
        await restrictDefaultAcl(this.store);
        this.#logger.warn(
          "KurrentDB's default access control list is restricted to administrators, for the whole store",
        );
        return;
      }
      this.#warning = OPEN;
    } catch (error) {
      if (!(error instanceof PermissionError)) throw error;
      this.#warning = UNKNOWN;
    }
    this.#logger.warn(this.#warning);
  }
}
