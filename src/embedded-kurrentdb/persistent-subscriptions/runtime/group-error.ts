/** An operation on a group failed; the gRPC service maps it to a status. */
export class GroupError extends Error {
  override readonly name = 'GroupError';

  constructor(
    /**
     * `exists`: the name is taken; `missing`: no such group; `full`: the maximum number of consumers is connected;
     * `dropped`: the group was stopped.
     */
    readonly type: 'exists' | 'missing' | 'full' | 'dropped',
    /** The stream, or `$all`. */
    readonly streamName: string,
    readonly groupName: string,
  ) {
    super(`the group "${groupName}" on ${streamName}: ${type}`);
  }
}
