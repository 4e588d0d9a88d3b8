export { Authenticator } from './authenticator.js';
export { IdentityModule } from './identity.module.js';
export { OwnCredential } from './own-credential.js';
