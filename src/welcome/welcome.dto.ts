import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';

/** The name, version and paths of the server. */
@WireShape('Welcome', 'The name, version and paths of the server.')
export class WelcomeObject {
  @ApiProperty({ type: 'string', enum: ['Marigram'] })
  name: string;

  @ApiProperty({ type: 'string', description: 'The version of the program.', example: '0.1.0' })
  version: string;

  @ApiProperty({ type: 'string', description: 'The path of the archive.', example: '/esmond/perfsonar/archive/' })
  archive: string;

  @ApiProperty({ type: 'string', description: "The path of the API's reference.", example: '/docs' })
  docs: string;

  @ApiProperty({ type: 'string', description: 'The path of the OpenAPI document.', example: '/openapi.json' })
  openapi: string;
}
