import { SetMetadata } from '@nestjs/common';
import { type OpenEndpoints } from '../config/index.js';
import { type Role } from '../event-store/domain/index.js';

/** Who may call a route at all; what a caller may do with a stream is decided with the stream at hand. */
export type AccessPolicy =
  /** Everyone, unless the configuration closes the group; then every known caller. */
  | { readonly kind: 'open'; readonly group: OpenEndpoints }
  /** Everyone, always: what Kubernetes asks, and what is no secret. */
  | { readonly kind: 'public' }
  /** Everyone: the stream it is about decides. */
  | { readonly kind: 'stream' }
  /** Every known caller; the stream it is about decides further. */
  | { readonly kind: 'authenticated' }
  /** Callers that have one of the roles. */
  | { readonly kind: 'roles'; readonly roles: readonly Role[] };

/** Key of a route's {@link AccessPolicy} in its metadata. */
export const ACCESS_POLICY = 'access-policy';

/** Declares who may call a route, or all routes of a controller. A route without a declared policy is closed to all. */
export function Access(policy: AccessPolicy): MethodDecorator & ClassDecorator {
  return SetMetadata(ACCESS_POLICY, policy);
}
