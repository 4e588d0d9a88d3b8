import { Module } from '@nestjs/common';
import { StreamsController } from './streams.controller.js';

/** The API on streams of any kind. */
@Module({ controllers: [StreamsController] })
export class StreamsModule {}
