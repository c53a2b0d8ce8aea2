import { ApiProperty } from '@nestjs/swagger';
import { SUBJECT_TYPES } from './parse-metadata.js';

/** The fields of a metadata that a POST sets and every answer has. */
export class MetadataFields {
  @ApiProperty({
    type: 'string',
    enum: [...SUBJECT_TYPES],
    description: 'Whether two hosts are the subject, or one; the latter has no `destination`, `input-destination`.',
    example: 'point-to-point',
  })
  'subject-type': string;

  @ApiProperty({
    type: 'string',
    description:
      'IP address; answers have the canonical form. The source of a network element may be any text of up to 128 ' +
      'characters where it has no address, such as `web01`.',
    example: '192.0.2.1',
  })
  source: string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: 'IP address; a point-to-point metadata must have it, others do not.',
    example: '192.0.2.2',
  })
  destination?: string;

  @ApiProperty({ type: 'string', description: 'IP address of the host that measured.', example: '192.0.2.1' })
  'measurement-agent': string;
}
