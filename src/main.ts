import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { readFileSync } from 'node:fs';
import { AppModule } from './app.module.js';
import { ConfigurationError, readConfig } from './config/index.js';
import { API_DOCS_PATH, configureHttp } from './http/index.js';
import { servicesProblems } from './uptime/index.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

async function start(): Promise<void> {
  // Before Nest, which would wrap a mistake in a stack trace.
  const config = readConfig([servicesProblems]);
  // Not flushed by Nest: what stops the start is told once, below, also where a provider finds a mistake in what was configured.
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    bodyParser: false,
    bufferLogs: true,
    autoFlushLogs: false,
    abortOnError: false,
  });
  const logger = app.get(Logger);
  app.useLogger(logger);
  app.flushLogs();
  configureHttp(app, config, version);
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await app.listen(config.http.port, config.http.host);

  const url = (await app.getUrl()).replace('[::1]', 'localhost').replace('0.0.0.0', 'localhost');
  logger.log(`Listening on ${url}`);
  logger.log(`Status of the services: ${url}/api/uptime/status`);
  logger.log(`API documentation: ${url}/${API_DOCS_PATH}`);
  logger.log(`Health: ${url}/livez ${url}/readyz ${url}/health`);
}

start().catch((error: unknown) => {
  // Nothing is running yet that could log: a person reads this in a terminal, or in the container's last lines.
  console.error(error instanceof ConfigurationError ? error.message : error);
  process.exit(1);
});
