import { ApiProperty } from '@nestjs/swagger';
import { SUBJECT_TYPES } from './parse-metadata.js';

/** The fields of a metadata in requests and answers. */
export class MetadataFields {
  @ApiProperty({
    type: 'string',
    enum: [...SUBJECT_TYPES],
    description: 'Whether the subject is two hosts or one; one host has no `destination` and `input-destination`.',
    example: 'point-to-point',
  })
  'subject-type': string;

  @ApiProperty({
    type: 'string',
    description:
      'IP address; answers have its canonical form. The source of a network element without an address may be any text ' +
      'of up to 128 characters, such as `web01`.',
    example: '192.0.2.1',
  })
  source: string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: 'IP address; required for point-to-point metadata, absent for others.',
    example: '192.0.2.2',
  })
  destination?: string;

  @ApiProperty({ type: 'string', description: 'IP address of the host that measured.', example: '192.0.2.1' })
  'measurement-agent': string;
}
