import { accessDenied } from '../grpc/errors.js';
import { governingRight, isAllowed, isReadOnly, type StreamRight } from '../log/index.js';
import { type Streams } from '../storage/streams.js';
import { type Principal } from './principal.js';

/** Who may do what with which stream, by the streams' access control lists. */
export class StreamAccess {
  constructor(private readonly streams: Streams) {}

  allows(principal: Principal, streamName: string, right: StreamRight): boolean {
    const governing = governingRight(streamName, right);
    if (isReadOnly(governing.streamName, governing.right)) return false;
    if (principal.isAdmin) return true;
    return isAllowed(
      principal,
      governing.streamName,
      governing.right,
      this.streams.get(governing.streamName).metadata.acl,
    );
  }

  /** @throws GrpcError "Access Denied" */
  require(principal: Principal, streamName: string, right: StreamRight): void {
    if (!this.allows(principal, streamName, right)) throw accessDenied();
  }
}
