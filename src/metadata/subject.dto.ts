import { ApiProperty } from '@nestjs/swagger';

const text = (description: string, example: string): object => ({
  type: 'string',
  required: false,
  description,
  example,
});

/** The fields of a metadata in answers that say who measured what between whom; one that the subject lacks is absent. */
export class SubjectObject {
  @ApiProperty(text('IP address; for a network element, its name if it has no address.', '192.0.2.1'))
  source?: string;

  @ApiProperty(text('IP address; point-to-point only.', '192.0.2.2'))
  destination?: string;

  @ApiProperty(text('IP address of the host that measured.', '192.0.2.1'))
  'measurement-agent'?: string;

  @ApiProperty(text('The tool that measured; may be empty.', 'pscheduler/iperf3'))
  'tool-name'?: string;

  @ApiProperty(text('The source as given to the tool; may be empty.', 'ps1.example.net'))
  'input-source'?: string;

  @ApiProperty(text('The destination as given to the tool; point-to-point only.', 'ps2.example.net'))
  'input-destination'?: string;
}
