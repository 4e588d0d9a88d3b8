import { readFile } from 'node:fs/promises';
import { type MonitoredService } from '../uptime/domain/index.js';
import { ConfigurationError } from './app-config.js';
import { digestOf } from './services-file.js';

/** Between two looks at the file. */
const LOOK_EVERY_MS = 500;

/** What is told of a services file; neither may throw. */
export interface ServicesHandlers {
  /** All services as they are from now on: something about them has changed, or is well again after {@link onProblem}. */
  readonly onServices: (services: readonly MonitoredService[]) => void;
  /** Why the file cannot be used as it is now, each with line and path; the services stay as they are. Once for each content. */
  readonly onProblem: (problems: readonly string[]) => void;
}

/** What was read last. */
export interface ReadServices {
  readonly services: readonly MonitoredService[];
  /** Of the file that they were read from, by `digestOf`. */
  readonly digest: string;
}

export interface ServicesWatch {
  /** From then on nothing is told any more. */
  close(): void;
}

/**
 * Watches the file that names services, and reads them again when its content is another.
 *
 * The file is looked at, rather than the system asked to tell: that notices a file that is written over, replaced by another, or reached
 * over symbolic links of which one is changed (as Kubernetes does with a ConfigMap), on every file system. A content counts once two looks
 * in a row have found it, so that a file that is being written is not taken for one that names fewer services.
 *
 * @param load reads the file, and what else the services depend on; what it throws is told as problems
 */
export function watchServices(
  file: string,
  { services: running, digest }: ReadServices,
  load: () => readonly MonitoredService[],
  { onServices, onProblem }: ServicesHandlers,
): ServicesWatch {
  let known = JSON.stringify(running);
  let isWell = true;
  let isClosed = false;
  /** What the look before found, and what was read last. */
  let seen = digest;
  let read = digest;

  const take = (): void => {
    let services: readonly MonitoredService[];
    try {
      services = load();
    } catch (error) {
      isWell = false;
      onProblem(error instanceof ConfigurationError ? error.problems : [String(error)]);
      return;
    }
    const loaded = JSON.stringify(services);
    if (isWell && loaded === known) return;
    known = loaded;
    isWell = true;
    onServices(services);
  };
  const look = async (): Promise<void> => {
    const found = await fingerprintOf(file);
    if (isClosed) return;
    const isSettled = found === seen;
    seen = found;
    if (isSettled && found !== read) {
      read = found;
      take();
    }
    timer = setTimeout(() => void look(), LOOK_EVERY_MS).unref();
  };

  let timer = setTimeout(() => void look(), LOOK_EVERY_MS).unref();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** The same for the same content, or for the same reason why there is none. */
async function fingerprintOf(file: string): Promise<string> {
  try {
    return digestOf(await readFile(file));
  } catch (error) {
    return String(error);
  }
}
