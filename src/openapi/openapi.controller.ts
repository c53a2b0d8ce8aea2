import { Controller, Get } from '@nestjs/common';
import { Operation } from '../http/operation.js';
import { GET_OPENAPI } from './openapi.docs.js';
import { Reference } from './reference.js';

/** The OpenAPI document. */
@Controller()
export class OpenApiController {
  constructor(private readonly reference: Reference) {}

  @Get('openapi.json')
  @Operation(GET_OPENAPI)
  show(): Buffer {
    return this.reference.json();
  }
}
