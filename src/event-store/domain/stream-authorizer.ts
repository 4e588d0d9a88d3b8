import { AuthenticationError, PermissionError } from '../../errors/index.js';
import { type Caller, nameOf, type Role } from './caller.js';
import { StreamNotFoundError } from './errors.js';
import { decideAccess, type ProtectedStream, type StreamRight } from './stream-access.js';

/** A role opened what the streams' permissions would have kept closed. */
export interface Override {
  readonly callerId: string;
  readonly role: Role;
  readonly right: StreamRight;
  readonly streamNames: readonly string[];
}

/** Is told of every access by virtue of a role: the one place where an audit hooks in. */
export interface AccessObserver {
  overridden(override: Override): void;
}

/** The check that every way to a stream's data passes: REST, lists, live feeds, and what is still to come. */
export class StreamAuthorizer {
  constructor(private readonly observer: AccessObserver) {}

  /**
   * @throws StreamNotFoundError for reading what the caller must not know of; PermissionError for everything else that is not granted,
   *   whether the stream exists or not; AuthenticationError where nobody said who asks, except for reading
   */
  assertMay(caller: Caller, right: StreamRight, stream: ProtectedStream): void {
    const decision = decideAccess(caller, right, stream);
    if (decision.kind === 'granted') return;
    if (decision.kind === 'overridden') return this.#report(caller, decision.role, right, [stream.name]);
    if (right === 'read') throw new StreamNotFoundError(stream.name);
    if (caller.kind === 'anonymous')
      throw new AuthenticationError('Say who you are: send a bearer token or an API key', { streamName: stream.name });
    throw new PermissionError(
      `You do not have the right '${right}' on stream '${stream.name}'; ask who has the right 'admin' on it`,
      { streamName: stream.name, details: { right } },
    );
  }

  /** Those of the streams on which the caller has a right. */
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

  /** Whether the caller has a right by itself or by its role, without making use of it. */
  has(caller: Caller, right: StreamRight, stream: ProtectedStream): boolean {
    const { kind } = decideAccess(caller, right, stream);
    return kind === 'granted' || kind === 'overridden';
  }

  #report(caller: Caller, role: Role, right: StreamRight, streamNames: readonly string[]): void {
    this.observer.overridden({ callerId: nameOf(caller), role, right, streamNames });
  }
}
