import { type INestApplicationContext, Module, type Type, type ValueProvider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { APP_CONFIG, type AppConfig, prepareDirectories, readConfig } from '../config/index.js';
import { type NameSpacesUse } from '../event-store/index.js';
import { StderrLogger } from './stderr-logger.js';

/** Root module of one command; provides its configuration. */
@Module({})
class CommandModule {}

/** Runs a command with a module of the service, without an event store. @throws ConfigurationError */
export function withModule<Result>(
  module: Type,
  command: (context: INestApplicationContext) => Promise<Result>,
): Promise<Result> {
  return run(readConfig(), [module], command);
}

/**
 * {@link withModule} with an event store: the configured server, or the embedded server of a running service with the
 * same data directory, or, if no service is running, an embedded server for the duration of the command.
 *
 * @param nameSpaces what the command does with those of this service
 */
export async function withStore<Result>(
  module: Type,
  command: (context: INestApplicationContext) => Promise<Result>,
  nameSpaces: NameSpacesUse = 'claim-once',
): Promise<Result> {
  const config = readConfig();
  // Loaded lazily: it takes as long to load as everything else in a command.
  const { connectionOfRunning, EventStoreModule, NAME_SPACES_USE } = await import('../event-store/index.js');
  const running = await connectionOfRunning(config);
  if (running === undefined && config.kurrentdb.connectionString === undefined) prepareDirectories(config);
  return run(
    running === undefined ? config : { ...config, kurrentdb: { ...config.kurrentdb, connectionString: running } },
    [EventStoreModule, module],
    command,
    [{ provide: NAME_SPACES_USE, useValue: nameSpaces }],
  );
}

async function run<Result>(
  config: AppConfig,
  modules: readonly Type[],
  command: (context: INestApplicationContext) => Promise<Result>,
  settings: readonly ValueProvider[] = [],
): Promise<Result> {
  const root = {
    module: CommandModule,
    global: true,
    imports: [...modules],
    providers: [{ provide: APP_CONFIG, useValue: config }, ...settings],
    exports: [APP_CONFIG, ...settings.map(({ provide }) => provide)],
  };
  const context = await NestFactory.createApplicationContext(root, { logger: new StderrLogger(), abortOnError: false });
  try {
    return await command(context);
  } finally {
    await context.close();
  }
}
