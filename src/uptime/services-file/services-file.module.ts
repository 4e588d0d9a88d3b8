import { Module } from '@nestjs/common';
import { ServicesFile } from './services-file.js';

/** Which services are probed, and how: variables and the services file. */
@Module({ providers: [ServicesFile], exports: [ServicesFile] })
export class ServicesFileModule {}
