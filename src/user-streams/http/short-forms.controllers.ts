import { Controller } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { UserStreamEventsController } from './user-stream-events.controller.js';
import { UserStreamMetadataController } from './user-stream-metadata.controller.js';

/**
 * The routes of a stream without category in the short form, such as `…/profile/history`. Register them before routes
 * in which the last segment is a category. The documentation has the long form only: it is one operation.
 */
const SHORT_FORM = 'api/users/:userId/streams/:type';

@ApiExcludeController()
@Controller(SHORT_FORM)
export class DefaultStreamEventsController extends UserStreamEventsController {}

@ApiExcludeController()
@Controller(SHORT_FORM)
export class DefaultStreamMetadataController extends UserStreamMetadataController {}
