import { Global, Module } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { APP_CONFIG, type AppConfig } from './app-config.js';
import { loadConfig } from './load-config.js';

const DOTENV = '.env';

/** Reads `.env` of the working directory where there is one; what is set in the environment already wins. */
function readEnvironment(): NodeJS.ProcessEnv {
  if (existsSync(DOTENV)) process.loadEnvFile(DOTENV);
  return process.env;
}

/** Gives everyone the one {@link AppConfig}, by the token {@link APP_CONFIG}; a wrong configuration stops the start. */
@Global()
@Module({
  providers: [{ provide: APP_CONFIG, useFactory: (): AppConfig => loadConfig(readEnvironment()) }],
  exports: [APP_CONFIG],
})
export class ConfigModule {}
