import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../../common/api-docs.js';
import { SUMMARY_VALUE } from '../../summaries/summaries.dto.js';

/** A bin of a stream in a read. */
@WireShape('StreamBin', 'The summary of one window of a stream.')
export class StreamBinObject {
  @ApiProperty({
    type: 'integer',
    description: 'The start of the window: microseconds, since 1970 or `test-start`.',
    example: 1574164720249248,
  })
  ts: number;

  @ApiProperty({ allOf: [SUMMARY_VALUE] })
  value: unknown;
}

/** The summary of a whole stream. */
@WireShape('WholeSummary', 'The summary of all points of a stream.')
export class WholeSummaryObject {
  @ApiProperty({ type: 'integer', description: 'The window whose bins were merged, in seconds.', example: 1 })
  window: number;

  @ApiProperty({ anyOf: [SUMMARY_VALUE, { type: 'null' }], description: '`null` where there are no points.' })
  value: unknown;
}
