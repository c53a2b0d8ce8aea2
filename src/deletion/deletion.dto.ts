import { ApiProperty } from '@nestjs/swagger';
import { WireShape } from '../common/api-docs.js';
import { type Deleted } from '../storage/removal/delete-store.js';

/** The numbers of deleted rows. */
@WireShape('Deleted', 'The numbers of deleted metadata and points.')
export class DeletedCounts implements Deleted {
  @ApiProperty({ type: 'integer', example: 0 })
  readonly metadata: number;

  @ApiProperty({ type: 'integer', example: 1440 })
  readonly points: number;
}

/** The body of an answer to DELETE. */
@WireShape('Deletion', 'The result of a deletion.')
export class DeletionObject {
  @ApiProperty({ type: () => DeletedCounts })
  deleted: Deleted;
}
