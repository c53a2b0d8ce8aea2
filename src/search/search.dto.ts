import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';
import { MetadataObject } from '../metadata/metadata.dto.js';

/** A metadata in the answer to a search. */
@WireShape('FoundMetadata', 'A metadata that a search has found. The first of a page carries the paging fields.', {
  additionalProperties: { type: 'string', description: 'A free-form parameter, always as a text.' },
})
export class FoundMetadataObject extends MetadataObject {
  @ApiProperty({ type: 'integer', required: false, description: 'How many metadata were found in all.', example: 16 })
  'metadata-count-total'?: number;

  @ApiProperty({ type: 'string', nullable: true, required: false, description: 'The URL of the page before this one.' })
  'metadata-previous-page'?: string | null;

  @ApiProperty({ type: 'string', nullable: true, required: false, description: 'The URL of the page after this one.' })
  'metadata-next-page'?: string | null;
}

/** Where the archive is. */
@WireShape('Service', 'What the server has.')
export class ServiceObject {
  @ApiProperty({ type: 'string', description: 'The URL of the archive.' })
  archive: string;
}
