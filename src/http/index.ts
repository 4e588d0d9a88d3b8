export { Access, ACCESS_POLICY, type AccessPolicy } from './access-policy.js';
export { ApiErrors, ApiErrorsOf, STREAM_READ_ERRORS } from './errors/api-errors.js';
export {
  authenticatedCallerOf,
  callerOf,
  CurrentCaller,
  CurrentAuthenticatedCaller,
  type Identification,
  identificationOf,
  identify,
} from './current-caller.js';
export { configureHttp } from './configure-http.js';
export { answerPreflight } from './cors.js';
export { readEventPage } from './events/event-page.js';
export { ReadEventsQuery } from './events/read-events.query.js';
export { StreamEventDto, StreamEventsDto } from './events/stream-events.dto.js';
export { DataBody } from './bodies/body-limits.js';
export { HttpModule } from './http.module.js';
export { ApiIdempotencyKey, idempotencyKeyOf, REPLAYED_HEADER } from './idempotency-key.js';
export {
  DEFAULT_PAGE_SIZE,
  HasMaxLength,
  HasNoDuplicates,
  IfGiven,
  IsQueryInteger,
  IsStringThat,
  JsonObject,
  OptionalJsonObject,
  PageSizeProperty,
  TimestampProperty,
} from './validation/property-decorators.js';
export { NoQueryPipe } from './validation/no-query.pipe.js';
export { propertyPath } from './validation/property-path.js';
export { API_DOCS_PATH } from './openapi.js';
export { Places } from './places.js';
export { IgnoresAccept, Produces } from './produced-types.js';
export { PreconditionFailedError, UpgradeRequiredError } from './errors/http-errors.js';
export { RateLimit, subjectKey, subjectOf } from './rate-limit.js';
export { RateLimitMiddleware } from './rate-limit.middleware.js';
export { pathOf } from './request-path.js';
export { closeIfUnread, ResponseBudget, stayOpen } from './responses/response-budget.js';
export { AgingResponse, ANSWER_SOURCE, MayBeStale } from './responses/stale-answers.js';
export { requestIdOf } from './request-id.js';
export { ServiceAdapter } from './server/service-adapter.js';
export { serveWithoutUpgrade } from './server/without-upgrade.js';
export { TimestampedResponse } from './timestamped.response.js';
