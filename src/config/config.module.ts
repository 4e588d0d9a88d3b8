import { Global, Module } from '@nestjs/common';
import { APP_CONFIG } from './app-config.js';
import { readConfig } from './read-config.js';

/** Gives everyone the one {@link AppConfig}, by the token {@link APP_CONFIG}. */
@Global()
@Module({
  providers: [{ provide: APP_CONFIG, useFactory: readConfig }],
  exports: [APP_CONFIG],
})
export class ConfigModule {}
