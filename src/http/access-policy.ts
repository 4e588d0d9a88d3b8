import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { type OpenEndpoints } from '../config/index.js';
import { type Role } from '../event-store/domain/index.js';
import { ApiErrorsOf } from './errors/api-errors.js';

/** Access rule of a route, checked by a guard. Permissions on a stream are checked later, when the stream is known. */
export type AccessPolicy =
  /** Everyone, or authenticated callers only where the configuration closes the group. */
  | { readonly kind: 'open'; readonly group: OpenEndpoints }
  /** Everyone, always: Kubernetes probes and public information. */
  | { readonly kind: 'public' }
  /** The route authenticates its callers itself, also by credentials that are valid nowhere else. */
  | { readonly kind: 'route' }
  /** Everyone: the permissions of the stream decide. */
  | { readonly kind: 'stream' }
  /** Authenticated callers; the permissions of the stream decide further. */
  | { readonly kind: 'authenticated' }
  /** Authenticated callers with at least one of the roles. */
  | { readonly kind: 'roles'; readonly roles: readonly Role[] };

export const ACCESS_POLICY = 'access-policy';

/** Names of the security schemes in the OpenAPI document. */
export const SECURITY_SCHEMES = { bearer: 'bearer', apiKey: 'api-key' } as const;

/**
 * Declares the access policy of a route, or of all routes of a controller, and documents it in OpenAPI: the accepted
 * credentials and the authentication errors. A route without a policy is closed to everyone.
 */
export function Access(policy: AccessPolicy): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ACCESS_POLICY, policy), ...documentationOf(policy));
}

function documentationOf({ kind }: AccessPolicy): (MethodDecorator & ClassDecorator)[] {
  if (kind === 'public') return [];
  const credentials = Object.values(SECURITY_SCHEMES).map((scheme) => ApiSecurity(scheme));
  // In OpenAPI an empty security requirement makes the other ones optional.
  const optional = kind === 'open' || kind === 'stream' ? [ApiSecurity({})] : [];
  return [
    ...credentials,
    ...optional,
    ApiErrorsOf(
      'authentication-error',
      ...(kind === 'roles' || kind === 'route' ? (['permission-error'] as const) : []),
    ),
  ];
}
