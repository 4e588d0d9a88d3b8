export { Authenticator } from './authenticator.js';
export { IdentityModule } from './identity.module.js';
export { SelfProbeCredential } from './self-probe-credential.js';
