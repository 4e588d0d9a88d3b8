import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, ApiErrors } from '../../http/index.js';
import { DATA_SCHEMAS, type DataSchemas } from '../application/index.js';
import { SchemasResponse } from './user-stream-responses.dto.js';

@ApiTags('user streams')
@Access({ kind: 'public' })
@Controller('api/user-data-schemas')
export class UserDataSchemasController {
  constructor(@Inject(DATA_SCHEMAS) private readonly schemas: DataSchemas) {}

  @Get()
  @ApiOperation({ summary: 'The JSON Schemas that validate the data of user streams' })
  @ApiOkResponse({ type: SchemasResponse })
  @ApiErrors()
  list(): SchemasResponse {
    return { schemas: this.schemas.describe() };
  }
}
