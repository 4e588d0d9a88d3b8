export { Access, ACCESS_POLICY, type AccessPolicy } from './access-policy.js';
export { ApiErrors } from './api-errors.js';
export {
  callerOf,
  CurrentCaller,
  CurrentAuthenticatedCaller,
  type Identification,
  identificationOf,
  identify,
} from './caller-of-request.js';
export { configureHttp } from './configure-http.js';
export { HttpModule } from './http.module.js';
export { ApiIdempotencyKey, idempotencyKeyOf, REPLAYED_HEADER } from './idempotency-key.js';
export { IfGiven } from './if-given.js';
export { JsonObject, OptionalJsonObject } from './json-object.js';
export { pathOf } from './member-path.js';
export { API_DOCS_PATH } from './openapi.js';
export { requestIdOf } from './request-id.js';
