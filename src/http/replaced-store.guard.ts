import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { StoreWatch } from '../event-store/index.js';
import { ACCESS_POLICY, type AccessPolicy } from './access-policy.js';

/**
 * Rejects requests while the tables are those of a store that was replaced. Health and public information depend on no
 * table; a route with its own authentication takes reports, which count although they cannot be recorded.
 */
@Injectable()
export class ReplacedStoreGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly watch: StoreWatch,
  ) {}

  /** @throws StoreReplacedError */
  canActivate(context: ExecutionContext): boolean {
    const policy = this.reflector.getAllAndOverride<AccessPolicy | undefined>(ACCESS_POLICY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!isIndependent(policy)) this.watch.assertNotReplaced();
    return true;
  }
}

function isIndependent(policy: AccessPolicy | undefined): boolean {
  return (
    policy?.kind === 'public' || policy?.kind === 'route' || (policy?.kind === 'open' && policy.group === 'health')
  );
}
