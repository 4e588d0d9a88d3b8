import { type IncomingMessage } from 'node:http';
import {
  ANONYMOUS,
  AuthenticationError,
  ConnectionError,
  type AuthenticatedCaller,
} from '../event-store/domain/index.js';
import { type Identification } from '../http/index.js';
import { type ApiKeyCache } from './api-keys/api-key-cache.js';
import { type Credentials, credentialsOf } from './credentials.js';
import { type SelfProbeCredential } from './self-probe-credential.js';
import { type TokenVerifier } from './tokens/token-verifier.js';

const NOBODY: Identification = { caller: ANONYMOUS };

/** Tells who sent a request, be it HTTP or the upgrade to a WebSocket. */
export class Authenticator {
  constructor(
    private readonly tokens: Pick<TokenVerifier, 'verify'>,
    private readonly apiKeys: Pick<ApiKeyCache, 'verify'>,
    private readonly own: SelfProbeCredential,
  ) {}

  /**
   * Who sent a request, or why its credentials were refused: AuthenticationError, or ConnectionError where they cannot be checked now.
   * At once for a request without credentials, for an API key, and for a token that was verified a moment ago.
   */
  identify(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): Identification | Promise<Identification> {
    try {
      const credentials = credentialsOf(request);
      if (!credentials) return NOBODY;
      const caller = this.#callerWith(credentials);
      return caller instanceof Promise ? caller.then(identified, refused) : identified(caller);
    } catch (error) {
      return refused(error);
    }
  }

  #callerWith(credentials: Credentials): AuthenticatedCaller | Promise<AuthenticatedCaller> {
    if (credentials.kind === 'api-key') return this.apiKeys.verify(credentials.key);
    return this.own.matches(credentials.token) ? this.own.caller : this.tokens.verify(credentials.token);
  }
}

function identified(caller: AuthenticatedCaller): Identification {
  return { caller };
}

/** @throws what is no answer to the question but a fault of this service */
function refused(error: unknown): Identification {
  if (error instanceof AuthenticationError || error instanceof ConnectionError) return { failure: error };
  throw error;
}
