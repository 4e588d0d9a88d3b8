import { Global, Module } from '@nestjs/common';
import { APP_CONFIG } from './app-config.js';
import { readConfig } from './read-config.js';

/** Provides the {@link AppConfig} to every module, by the token {@link APP_CONFIG}. */
@Global()
@Module({
  providers: [{ provide: APP_CONFIG, useFactory: () => readConfig() }],
  exports: [APP_CONFIG],
})
export class ConfigModule {}
