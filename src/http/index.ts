export { ApiErrors } from './api-errors.js';
export { ErrorBody } from './error-body.js';
export { configureHttp } from './configure-http.js';
export { HttpModule } from './http.module.js';
export { withoutCredentials } from './logging.js';
export { API_DOCS_PATH } from './openapi.js';
export { PROBLEM_TYPES, type ProblemTypeName } from './problems.js';
