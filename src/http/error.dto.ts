import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';
import { ERROR_CODES, type ErrorCode } from '../common/error-codes.js';

/** The body of every error. */
@WireShape(
  'ErrorBody',
  'Why a request was refused or failed. Clients of esmond read either `detail` or `error`, so both are present.',
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
    description: 'The stable code of the error, for programs; docs/errors.md says what to do about each.',
    example: 'invalid',
  })
  code: ErrorCode;
}
