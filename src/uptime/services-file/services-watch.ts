import { readFile } from 'node:fs/promises';
import { hasDescriptor, isOutOfDescriptors } from '../../common/error-code.js';
import { ConfigurationError } from '../../config/index.js';
import { type MonitoredService, type ServicesHandlers, type ServicesWatch } from '../domain/index.js';
import { digestOf, type ReadServices } from './read-services.js';

const POLL_INTERVAL_MS = 500;

/**
 * Watches the services file and loads the services again when its content changes.
 *
 * Polls the content instead of using file system events: this works for a file that is overwritten, replaced, or
 * reached through symbolic links (a Kubernetes ConfigMap), on every file system. New content counts after two equal
 * reads in a row, so that a half-written file is not loaded.
 *
 * @param load reads the services; its ConfigurationError goes to `onProblem`
 */
export function watchServices(
  file: string,
  { services: running, digest: initialDigest }: ReadServices,
  load: () => readonly MonitoredService[],
  { onServices, onProblem }: ServicesHandlers,
): ServicesWatch {
  let current = JSON.stringify(running);
  let isValid = true;
  let isClosed = false;
  /** Content at the previous poll, and content that was loaded last. */
  let polled = initialDigest;
  let loaded: string | undefined = initialDigest;

  const reload = (): void => {
    let services: readonly MonitoredService[];
    try {
      services = load();
    } catch (error) {
      // The content is loaded again by the next poll that can read it.
      if (!hasDescriptor()) return void (loaded = undefined);
      isValid = false;
      onProblem(error instanceof ConfigurationError ? error.problems : [String(error)]);
      return;
    }
    const serialized = JSON.stringify(services);
    if (isValid && serialized === current) return;
    current = serialized;
    isValid = true;
    onServices(services);
  };
  const poll = async (): Promise<void> => {
    const found = await fingerprintOf(file);
    if (isClosed) return;
    const isSettled = found !== undefined && found === polled;
    polled = found ?? polled;
    if (isSettled && found !== loaded) {
      loaded = found;
      reload();
    }
    timer = setTimeout(() => void poll(), POLL_INTERVAL_MS).unref();
  };

  let timer = setTimeout(() => void poll(), POLL_INTERVAL_MS).unref();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** Equal for equal content, and for equal reasons why the file cannot be read; undefined while no file can be read. */
async function fingerprintOf(file: string): Promise<string | undefined> {
  try {
    return digestOf(await readFile(file));
  } catch (error) {
    return isOutOfDescriptors(error) ? undefined : String(error);
  }
}
