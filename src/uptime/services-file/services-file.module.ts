import { Module } from '@nestjs/common';
import { SERVICES_SOURCE } from '../domain/index.js';
import { ServicesFile } from './services-file.js';

/** Source of the services to probe: environment variables and the services file. */
@Module({ providers: [{ provide: SERVICES_SOURCE, useClass: ServicesFile }], exports: [SERVICES_SOURCE] })
export class ServicesFileModule {}
