import { AuthenticationError, PermissionError } from '../../errors/index.js';
import { type Caller, nameOf, type Role } from './caller.js';
import { StreamNotFoundError } from './errors.js';
import { decideAccess, type ProtectedStream, type StreamRight } from './stream-access.js';

/** Access granted by a role instead of the streams' permissions. */
export interface Override {
  readonly callerId: string;
  readonly role: Role;
  readonly right: StreamRight;
  readonly streamNames: readonly string[];
}

/** Notified of each access granted by a role, for the log and for an audit. */
export interface AccessObserver {
  overridden(override: Override): void;
}

/** Access check for stream data: REST, lists and live feeds. */
export class StreamAuthorizer {
  constructor(private readonly observer: AccessObserver) {}

  /**
   * @throws StreamNotFoundError for a read without the right; PermissionError for other rights that are not granted,
   *   whether the stream exists or not; AuthenticationError for an unauthenticated caller, except for reads
   */
  assertMay(caller: Caller, right: StreamRight, stream: ProtectedStream): void {
    const decision = decideAccess(caller, right, stream);
    if (decision.kind === 'granted') return;
    if (decision.kind === 'overridden') return this.#report(caller, decision.role, right, [stream.name]);
    if (right === 'read') throw new StreamNotFoundError(stream.name);
    if (caller.kind === 'anonymous')
      throw new AuthenticationError('Authentication required: send a bearer token or an API key', {
        streamName: stream.name,
      });
    throw new PermissionError(
      `You do not have the right '${right}' on stream '${stream.name}'; a caller with the right 'admin' can grant it`,
      { streamName: stream.name, details: { right } },
    );
  }

  /** The streams on which the caller has the right. */
  select<Stream extends ProtectedStream>(caller: Caller, right: StreamRight, streams: readonly Stream[]): Stream[] {
    const byRole = new Map<Role, string[]>();
    const selected = streams.filter((stream) => {
      const decision = decideAccess(caller, right, stream);
      if (decision.kind === 'overridden')
        byRole.set(decision.role, [...(byRole.get(decision.role) ?? []), stream.name]);
      return decision.kind === 'granted' || decision.kind === 'overridden';
    });
    for (const [role, names] of byRole) this.#report(caller, role, right, names);
    return selected;
  }

  /** Like {@link assertMay}, without reporting access by a role. */
  has(caller: Caller, right: StreamRight, stream: ProtectedStream): boolean {
    const { kind } = decideAccess(caller, right, stream);
    return kind === 'granted' || kind === 'overridden';
  }

  #report(caller: Caller, role: Role, right: StreamRight, streamNames: readonly string[]): void {
    this.observer.overridden({ callerId: nameOf(caller), role, right, streamNames });
  }
}
