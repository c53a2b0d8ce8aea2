import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';
import { ERROR_CODES, type ErrorCode } from '../common/error-codes.js';

/** The body of every refusal. */
@WireShape(
  'ErrorBody',
  'Why a request was refused or failed. Clients of esmond look for one of the two, so both are there.',
)
export class ErrorObject {
  @ApiProperty({
    type: 'string',
    description: 'What is wrong, with the field and its position in the request (counted from 1).',
    example: 'time-start: expected a number of seconds, got "yesterday"',
  })
  detail: string;

  @ApiProperty({ type: 'string', description: 'The same text as `detail`.' })
  error: string;

  @ApiProperty({
    enum: ERROR_CODES,
    enumName: 'ErrorCode',
    description: 'The stable name of the error, to decide by; docs/errors.md says of each what to do.',
    example: 'invalid',
  })
  code: ErrorCode;
}
