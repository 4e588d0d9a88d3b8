import { type ChannelOptions, experimental, Metadata, status } from '@grpc/grpc-js';
import { type NameResolver } from '../../common/network/name-resolver.js';

/** Of gRPC, for targets without a port. */
const DEFAULT_PORT = 443;

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

  constructor(
    private readonly names: NameResolver,
    private readonly target: experimental.GrpcUri,
    private readonly listener: experimental.ResolverListener,
  ) {}

  /** The caller limits how often: a second and more apart, while connections fail. */
  updateResolution(): void {
    if (!this.#lookup) void this.#resolve((this.#lookup = new AbortController()));
  }

  destroy(): void {
    this.#lookup?.abort();
    this.#lookup = undefined;
  }

  async #resolve(lookup: AbortController): Promise<void> {
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
