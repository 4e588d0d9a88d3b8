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

const UNAUTHENTICATED: Identification = { caller: ANONYMOUS };

/** Authenticates HTTP requests and WebSocket upgrades. */
export class Authenticator {
  constructor(
    private readonly tokens: Pick<TokenVerifier, 'verify'>,
    private readonly apiKeys: Pick<ApiKeyCache, 'verify' | 'listen'>,
    private readonly selfProbe: SelfProbeCredential,
  ) {}

  /**
   * Returns the caller, or the failure: AuthenticationError for rejected credentials, ConnectionError while they cannot
   * be verified. Synchronous without credentials, for an API key and for a cached token.
   */
  identify(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): Identification | Promise<Identification> {
    try {
      const credentials = credentialsOf(request);
      if (!credentials) return UNAUTHENTICATED;
      const caller = this.#callerWith(credentials);
      return caller instanceof Promise ? caller.then(identified, rejected) : identified(caller);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Notifies when API keys have changed: credentials that were accepted may not be any more.
   *
   * @returns removes the listener
   */
  listen(onChange: () => void): () => void {
    return this.apiKeys.listen(onChange);
  }

  #callerWith(credentials: Credentials): AuthenticatedCaller | Promise<AuthenticatedCaller> {
    if (credentials.kind === 'api-key') return this.apiKeys.verify(credentials.key);
    return this.selfProbe.matches(credentials.token) ? this.selfProbe.caller : this.tokens.verify(credentials.token);
  }
}

const identified = (caller: AuthenticatedCaller): Identification => ({ caller });

/** @throws every other error, since it is a defect of this service and not of the credentials */
function rejected(error: unknown): Identification {
  if (error instanceof AuthenticationError || error instanceof ConnectionError) return { failure: error };
  throw error;
}
