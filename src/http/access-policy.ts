import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { type OpenEndpoints } from '../config/index.js';
import { type Role } from '../event-store/domain/index.js';
import { ApiErrorsOf } from './errors/api-errors.js';

/** Who may call a route at all; what a caller may do with a stream is decided with the stream at hand. */
export type AccessPolicy =
  /** Everyone, unless the configuration closes the group; then every known caller. */
  | { readonly kind: 'open'; readonly group: OpenEndpoints }
  /** Everyone, always: what Kubernetes asks, and what is no secret. */
  | { readonly kind: 'public' }
  /** Whom the route itself lets in, also by credentials that mean nothing elsewhere. */
  | { readonly kind: 'route' }
  /** Everyone: the stream it is about decides. */
  | { readonly kind: 'stream' }
  /** Every known caller; the stream it is about decides further. */
  | { readonly kind: 'authenticated' }
  /** Callers that have one of the roles. */
  | { readonly kind: 'roles'; readonly roles: readonly Role[] };

/** Key of a route's {@link AccessPolicy} in its metadata. */
export const ACCESS_POLICY = 'access-policy';

/** Names of the ways to say who one is, in the API's documentation. */
export const SECURITY_SCHEMES = { bearer: 'bearer', apiKey: 'api-key' } as const;

/**
 * Declares who may call a route, or all routes of a controller, and documents it: the credentials it takes, and how it answers to bad
 * ones. A route without a declared policy is closed to all.
 */
export function Access(policy: AccessPolicy): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ACCESS_POLICY, policy), ...documentationOf(policy));
}

function documentationOf({ kind }: AccessPolicy): (MethodDecorator & ClassDecorator)[] {
  if (kind === 'public') return [];
  const credentials = Object.values(SECURITY_SCHEMES).map((scheme) => ApiSecurity(scheme));
  // In OpenAPI an empty requirement says that the others are optional.
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
