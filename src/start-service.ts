import 'reflect-metadata';
import { Logger as NestLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { readFileSync } from 'node:fs';
import { AppModule } from './app.module.js';
import { UnusableDirectoryError } from './common/private-directory.js';
import { logOutputTo } from './common/process-output.js';
import { ConfigurationError, prepareDirectories, readConfig } from './config/index.js';
import { NameSpacesTakenError } from './event-store/domain/index.js';
import { API_DOCS_PATH, configureHttp, ServiceAdapter } from './http/index.js';
import { servicesProblems } from './uptime/index.js';

/** Errors of which the message says what to do. */
const EXPECTED = [ConfigurationError, NameSpacesTakenError, UnusableDirectoryError];

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/**
 * Starts the service. A failure ends the process with its message.
 *
 * @param onShutdownHooks called once signals are handled by the shutdown of the service
 */
export async function startService(onShutdownHooks: () => void): Promise<void> {
  try {
    await start(onShutdownHooks);
  } catch (error) {
    // The logger is not available yet; the message appears in the terminal or at the end of the container's log.
    const isExpected = EXPECTED.some((type) => error instanceof type);
    console.error(isExpected && error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

async function start(onShutdownHooks: () => void): Promise<void> {
  // Read before Nest starts, which would report a configuration error with a stack trace.
  const config = readConfig([servicesProblems]);
  const warnings = prepareDirectories(config);
  // `autoFlushLogs` is off because `startService` prints errors of the start, also those of providers; Nest would
  // repeat them.
  const adapter = new ServiceAdapter({ shutdownTimeoutMs: config.shutdown.timeoutMs });
  const app = await NestFactory.create<NestExpressApplication>(AppModule, adapter, {
    bodyParser: false,
    bufferLogs: true,
    autoFlushLogs: false,
    abortOnError: false,
  });
  const logger = app.get(Logger);
  app.useLogger(logger);
  app.flushLogs();
  logOutputTo(new NestLogger('Process'));
  for (const warning of warnings) logger.warn(warning);
  configureHttp(app, version);
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  onShutdownHooks();
  await app.listen(config.http.port, config.http.host);

  const url = (await app.getUrl()).replace('[::1]', 'localhost').replace('0.0.0.0', 'localhost');
  logger.log(`Listening on ${url}`);
  logger.log(`Status of the services: ${url}/api/uptime/status`);
  logger.log(`API documentation: ${url}/${API_DOCS_PATH}`);
  logger.log(`Health: ${url}/livez ${url}/readyz ${url}/health`);
}
