import { Module } from '@nestjs/common';
import { StreamsController } from './streams.controller.js';

/** REST API for streams of all kinds. */
@Module({ controllers: [StreamsController] })
export class StreamsModule {}
