import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig, readEnvironment } from '../../config/index.js';
import { type ServicesHandlers, type ServicesSource, type ServicesWatch } from '../domain/index.js';
import { loadServices, readServices, type ReadServices } from './read-services.js';
import { watchServices } from './services-watch.js';

/** Services from the variables `UPTIME_*` and from the services file. */
@Injectable()
export class ServicesFile implements ServicesSource {
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

  /**
   * Reports changes of the file, if one is configured. Reads `.env` again too: a service and its secret may be added
   * together.
   */
  watch(handlers: ServicesHandlers): ServicesWatch {
    const path = this.#path;
    if (path === undefined) return { close: () => undefined };
    const load = (): ReadServices => loadServices({ ...readEnvironment(), UPTIME_SERVICES_FILE: path });
    return watchServices(path, this.#initial, () => load().services, handlers);
  }
}
