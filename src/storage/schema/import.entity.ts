import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Series, Summary } from './series.entity.js';

/** A bin of a summary that an import brought, because the points of the bin are gone. */
@Entity('sealed_bin')
export class SealedBin {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'sealed_bin_pkey' })
  series: number;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'sealed_bin_pkey' })
  type: string;

  @PrimaryColumn('bigint', { name: 'window_seconds', primaryKeyConstraintName: 'sealed_bin_pkey' })
  windowSeconds: string;

  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'sealed_bin_pkey' })
  bin: Date;

  @Column('json')
  value: unknown;

  @ManyToOne(() => Summary, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'series', referencedColumnName: 'series', foreignKeyConstraintName: 'sealed_bin_summary' })
  @JoinColumn({ name: 'type', referencedColumnName: 'type', foreignKeyConstraintName: 'sealed_bin_summary' })
  @JoinColumn({
    ...{ name: 'window_seconds', referencedColumnName: 'windowSeconds' },
    foreignKeyConstraintName: 'sealed_bin_summary',
  })
  owner: Summary;
}

/** How far imports from another archive have come in a series or a summary. */
@Entity('import_progress')
export class ImportProgress {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'import_progress_pkey' })
  series: number;

  @ManyToOne(() => Series, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'series', foreignKeyConstraintName: 'import_progress_series' })
  owner: Series;

  /** The name of the other archive, with the begin of the import if there is one. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'import_progress_pkey' })
  source: string;

  /** `base` for points, or the type of a summary. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'import_progress_pkey' })
  type: string;

  @PrimaryColumn('bigint', { name: 'window_seconds', primaryKeyConstraintName: 'import_progress_pkey' })
  windowSeconds: string;

  /** The last time that is stored, inclusive. */
  @Column('timestamptz')
  through: Date;
}
