import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** How this archive's hypertables were made: one row, written once. */
@Entity('storage_info')
@Check('storage_info_one_row', 'id = 1')
export class StorageInfo {
  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'storage_info_pkey' })
  id: number;

  /** `native` or `timescale`. */
  @Column('text')
  engine: string;

  @Column('integer', { name: 'chunk_seconds' })
  chunkSeconds: number;
}
