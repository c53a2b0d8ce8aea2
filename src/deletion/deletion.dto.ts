import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';
import { type Deleted } from '../storage/removal/delete-store.js';

/** How much a deletion has removed. */
@WireShape('Deleted', 'How much was removed.')
export class DeletedCounts implements Deleted {
  @ApiProperty({ type: 'integer', example: 0 })
  readonly metadata: number;

  @ApiProperty({ type: 'integer', example: 1440 })
  readonly points: number;
}

/** What a DELETE answers. */
@WireShape('Deletion', 'What a deletion has removed.')
export class DeletionObject {
  @ApiProperty({ type: () => DeletedCounts })
  deleted: Deleted;
}
