import { type AccessControlList, parseAcl } from '../log/access-control-list.js';
import { parseEventFrame } from '../storage/event-frame.js';
import { type LogReader } from '../storage/log-reader.js';
import { type Streams } from '../storage/streams.js';

const SETTINGS_STREAM = '$settings';

/**
 * The access control list of ordinary streams without one: `$userStreamAcl` of the last event in `$settings`, as on
 * KurrentDB.
 */
export class DefaultAcl {
  #revision = -1;
  #acl: AccessControlList | undefined;

  constructor(
    private readonly streams: Streams,
    private readonly reader: LogReader,
  ) {}

  /** Undefined: {@link isAllowed} decides. */
  current(): AccessControlList | undefined {
    const stream = this.streams.get(SETTINGS_STREAM);
    if (stream.lastRevision !== this.#revision) {
      this.#acl = undefined;
      this.reader.backwards(stream, stream.lastRevision, (frame) => {
        this.#acl = parseSettings(Buffer.from(parseEventFrame(frame).data));
        return false;
      });
      this.#revision = stream.lastRevision;
    }
    return this.#acl;
  }
}

/** Settings that are not valid have no effect. */
function parseSettings(data: Buffer): AccessControlList | undefined {
  try {
    const settings: unknown = JSON.parse(data.toString('utf8'));
    if (typeof settings !== 'object' || settings === null || !('$userStreamAcl' in settings)) return undefined;
    const acl = parseAcl(settings.$userStreamAcl);
    return acl === 'invalid' ? undefined : acl;
  } catch {
    return undefined;
  }
}
