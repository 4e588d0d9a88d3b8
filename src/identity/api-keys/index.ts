export { ApiKeyService } from './api-key.service.js';
export { ApiKeysModule } from './api-keys.module.js';
