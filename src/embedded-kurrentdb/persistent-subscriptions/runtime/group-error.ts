/** Why a group could not be had. The protocol's services translate it. */
export class GroupError extends Error {
  override readonly name = 'GroupError';

  constructor(
    /** `exists`: there is one of that name already; `missing`: there is none; `full`: it has as many consumers as it may have; `dropped`: it stopped. */
    readonly type: 'exists' | 'missing' | 'full' | 'dropped',
    /** The stream, or `$all`. */
    readonly streamName: string,
    readonly groupName: string,
  ) {
    super(`the group "${groupName}" on ${streamName}: ${type}`);
  }
}
