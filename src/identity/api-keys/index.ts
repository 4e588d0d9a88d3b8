export { ApiKeyService } from './api-key-register.js';
export { ApiKeysModule } from './api-keys.module.js';
