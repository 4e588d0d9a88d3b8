import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Subscription } from 'rxjs';
import { backgroundLoads } from '../common/background-loads.js';
import { sleep } from '../common/wait.js';
import { UptimeHealthIndicator } from '../uptime/index.js';
import { UserStreamsHealthIndicator } from '../user-streams/index.js';

const POLL_MS = 50;
/** The store may be unreachable for long; what is loaded does not need it. */
const MAX_WAIT_MS = 5_000;

/** Starts the background loads when the service has become ready: they would delay that. */
@Injectable()
export class BackgroundLoading implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(BackgroundLoading.name);
  readonly #stop = new AbortController();
  #listening: Subscription | undefined;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly uptime: UptimeHealthIndicator,
    private readonly userStreams: UserStreamsHealthIndicator,
  ) {}

  onApplicationBootstrap(): void {
    this.#listening = this.adapterHost.listen$.subscribe(() => void this.#start());
  }

  async onModuleDestroy(): Promise<void> {
    this.#listening?.unsubscribe();
    this.#stop.abort();
    await backgroundLoads.ended();
  }

  async #start(): Promise<void> {
    for (let waited = 0; waited < MAX_WAIT_MS && !this.#isReady; waited += POLL_MS)
      await sleep(POLL_MS, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    backgroundLoads.start(this.#stop.signal, (name, error) =>
      this.#logger.error({ err: error }, `Cannot load ${name}, trying again every second`),
    );
  }

  get #isReady(): boolean {
    return this.uptime.check().uptime.status !== 'down' && this.userStreams.check().userStreams.status !== 'down';
  }
}
