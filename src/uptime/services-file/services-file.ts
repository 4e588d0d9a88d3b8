import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig, readEnvironment } from '../../config/index.js';
import { loadServices, readServices, type ReadServices } from './read-services.js';
import { type ServicesHandlers, type ServicesWatch, watchServices } from './services-watch.js';

/** The services to probe when the process starts, and their changes while it runs. */
@Injectable()
export class ServicesFile {
  readonly #path: string | undefined;
  readonly #initial: ReadServices;

  /** @throws ConfigurationError */
  constructor(@Inject(APP_CONFIG) { uptime }: Pick<AppConfig, 'uptime'>) {
    this.#path = uptime.servicesFile;
    this.#initial = readServices(uptime, readEnvironment());
  }

  get services(): ReadServices['services'] {
    return this.#initial.services;
  }

  /** Reports changes of the file, if one is configured. `.env` is read again with it: a service and its secret may come together. */
  watch(handlers: ServicesHandlers): ServicesWatch {
    const path = this.#path;
    if (path === undefined) return { close: () => undefined };
    const load = (): ReadServices => loadServices({ ...readEnvironment(), UPTIME_SERVICES_FILE: path });
    return watchServices(path, this.#initial, () => load().services, handlers);
  }
}
