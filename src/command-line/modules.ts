import { type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { APP_CONFIG, type AppConfig, readConfig } from '../config/index.js';
import { StderrLogger } from './stderr-logger.js';

/** The modules of one command, with the configuration that it runs on. */
@Module({})
class CommandModule {}

/** Runs a command on a module as the service has it, without any store, and closes it. @throws ConfigurationError, and what the command throws */
export function withModule<Result>(
  module: Type,
  command: (context: INestApplicationContext) => Promise<Result>,
): Promise<Result> {
  return run(readConfig(), [module], command);
}

/**
 * {@link withModule}, on the store: the server of the configuration, the embedded one of a service that runs on the same data
 * directory, or, where none does, an embedded one of its own for as long as the command takes.
 */
export async function withStore<Result>(
  module: Type,
  command: (context: INestApplicationContext) => Promise<Result>,
): Promise<Result> {
  const config = readConfig();
  // Not before it is needed: it takes as long to load as the rest of a command together.
  const { connectionOfRunning, EventStoreModule } = await import('../event-store/index.js');
  const running = await connectionOfRunning(config);
  return run(
    running === undefined ? config : { ...config, kurrentdb: { ...config.kurrentdb, connectionString: running } },
    [EventStoreModule, module],
    command,
  );
}

async function run<Result>(
  config: AppConfig,
  modules: readonly Type[],
  command: (context: INestApplicationContext) => Promise<Result>,
): Promise<Result> {
  const root = {
    module: CommandModule,
    global: true,
    imports: [...modules],
    providers: [{ provide: APP_CONFIG, useValue: config }],
    exports: [APP_CONFIG],
  };
  const context = await NestFactory.createApplicationContext(root, { logger: new StderrLogger(), abortOnError: false });
  try {
    return await command(context);
  } finally {
    await context.close();
  }
}
