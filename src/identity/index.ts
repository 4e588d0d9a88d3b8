export { Authenticator } from './authenticator.js';
export { type CheckedCaller, ConnectionCaller } from './connection-caller.js';
export { IdentityModule } from './identity.module.js';
export { SelfProbeCredential } from './self-probe-credential.js';
