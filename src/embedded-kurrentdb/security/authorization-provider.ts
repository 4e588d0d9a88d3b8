import { accessDenied } from '../grpc/errors.js';
import { effectiveOperation, isAllowed, isReadOnly, type StreamOperation } from '../log/index.js';
import { type Streams } from '../storage/streams.js';
import { type DefaultAcl } from './default-acl.js';
import { type Principal } from '../log/principal.js';

/** Authorizes stream operations by the streams' ACLs. */
export class AuthorizationProvider {
  constructor(
    private readonly streams: Streams,
    private readonly defaultAcl: DefaultAcl,
  ) {}

  checkAccess(principal: Principal, streamName: string, operation: StreamOperation): boolean {
    const effective = effectiveOperation(streamName, operation);
    if (isReadOnly(effective.streamName, effective.operation)) return false;
    if (principal.isAdmin) return true;
    return isAllowed(
      principal,
      effective.streamName,
      effective.operation,
      this.streams.get(effective.streamName).metadata.acl,
      () => this.defaultAcl.current(),
    );
  }

  /** @throws GrpcError "Access Denied" */
  requireAccess(principal: Principal, streamName: string, operation: StreamOperation): void {
    if (!this.checkAccess(principal, streamName, operation)) throw accessDenied();
  }
}
