export { ApiErrors } from './api-errors.js';
export { configureHttp } from './configure-http.js';
export { HttpModule } from './http.module.js';
export { API_DOCS_PATH } from './openapi.js';
