import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';
import { MetadataObject } from '../metadata/metadata.dto.js';

/** A metadata in a search result. */
@WireShape('FoundMetadata', 'A metadata in a search result. The first element of a page has the paging fields.', {
  additionalProperties: { type: 'string', description: 'A free-form parameter, always a text.' },
})
export class FoundMetadataObject extends MetadataObject {
  @ApiProperty({ type: 'integer', required: false, description: 'The number of matching metadata.', example: 16 })
  'metadata-count-total'?: number;

  @ApiProperty({ type: 'string', nullable: true, required: false, description: 'The URL of the previous page.' })
  'metadata-previous-page'?: string | null;

  @ApiProperty({ type: 'string', nullable: true, required: false, description: 'The URL of the next page.' })
  'metadata-next-page'?: string | null;
}

/** The location of the archive. */
@WireShape('Service', 'The location of the archive.')
export class ServiceObject {
  @ApiProperty({ type: 'string', description: 'The URL of the archive.' })
  archive: string;
}
