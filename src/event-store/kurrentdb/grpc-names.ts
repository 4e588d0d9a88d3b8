import { type ChannelOptions, experimental, Metadata, status } from '@grpc/grpc-js';
import { type NameResolver } from '../../common/network/name-resolver.js';

/** Of gRPC, for targets without a port. */
const DEFAULT_PORT = 443;
/** Between two lookups of a channel. gRPC asks again at once whenever the addresses that it got cannot be reached. */
const MIN_INTERVAL_MS = 1_000;

/**
 * Resolves the targets of all gRPC channels of this process with `names`, instead of by `dns.lookup`. gRPC itself races
 * the addresses (RFC 8305), and asks again whenever a connection is lost.
 *
 * The reads of the official client are native code with a resolver of its own: the system's `getaddrinfo`, in threads
 * that nothing else uses.
 */
export function resolveGrpcTargets(names: NameResolver): void {
  experimental.registerResolver(
    'dns',
    class extends TargetResolver {
      constructor(target: experimental.GrpcUri, listener: experimental.ResolverListener, _: ChannelOptions) {
        super(names, target, listener);
      }

      static getDefaultAuthority({ path }: experimental.GrpcUri): string {
        return path;
      }
    },
  );
}

class TargetResolver implements experimental.Resolver {
  #lookup: AbortController | undefined;
  /** Earliest time of the next lookup, by the monotonic clock. */
  #nextAt = 0;

  constructor(
    private readonly names: NameResolver,
    private readonly target: experimental.GrpcUri,
    private readonly listener: experimental.ResolverListener,
  ) {}

  updateResolution(): void {
    if (this.#lookup) return;
    const lookup = (this.#lookup = new AbortController());
    setTimeout(() => void this.#resolve(lookup), Math.max(0, this.#nextAt - performance.now())).unref();
  }

  destroy(): void {
    this.#lookup?.abort();
    this.#lookup = undefined;
  }

  async #resolve(lookup: AbortController): Promise<void> {
    if (this.#lookup !== lookup) return;
    this.#nextAt = performance.now() + MIN_INTERVAL_MS;
    const endpoints = await this.#endpoints(lookup.signal);
    if (this.#lookup !== lookup) return;
    this.#lookup = undefined;
    this.listener(endpoints, {}, null, '');
  }

  async #endpoints(signal: AbortSignal): Promise<experimental.StatusOr<experimental.Endpoint[]>> {
    const { host, port = DEFAULT_PORT } = experimental.splitHostPort(this.target.path) ?? { host: '' };
    try {
      const addresses = await this.names.lookupAll(host, signal);
      return experimental.statusOrFromValue(addresses.map((address) => ({ addresses: [{ host: address, port }] })));
    } catch {
      return experimental.statusOrFromError({
        code: status.UNAVAILABLE,
        details: `Name resolution failed for target ${experimental.uriToString(this.target)}`,
        metadata: new Metadata(),
      });
    }
  }
}
