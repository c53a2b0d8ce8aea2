import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { Metadata } from './metadata.entity.js';

/** One event type of one metadata: what points belong to. */
@Entity('series')
@Unique('series_identity', ['metadata', 'eventType'])
export class Series {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'series_pkey' })
  id: number;

  @ManyToOne(() => Metadata, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'metadata', foreignKeyConstraintName: 'series_metadata' })
  metadata: Metadata;

  @Column({ type: 'text', name: 'event_type', collation: 'C' })
  eventType: string;

  @Column('text', { name: 'data_type' })
  dataType: string;

  /** Grows with every change of the registration, so that writers notice that what they cached is stale. */
  @Column('integer', { default: 1 })
  version: number;

  /** When a point was last written (whole seconds of the database's clock), whatever the point's own time. */
  @Column('timestamptz', { name: 'time_updated', nullable: true })
  timeUpdated: Date | null;

  @Column('timestamptz', { name: 'first_point', nullable: true })
  firstPoint: Date | null;

  @Column('timestamptz', { name: 'last_point', nullable: true })
  lastPoint: Date | null;

  /** Points before this time have left by retention and are not taken again. */
  @Column('timestamptz', { name: 'base_cut_off', nullable: true })
  baseCutOff: Date | null;

  /** The time (micros) that its bins are aligned to. */
  @Column('bigint', { default: 0 })
  origin: string;

  /** Whether its points have row numbers, and several of them may lie at one time. */
  @Column('boolean', { name: 'is_stream', default: false })
  isStream: boolean;

  /** Whether its points are stored; if not, only its bins are. */
  @Column('boolean', { name: 'keeps_points', default: true })
  keepsPoints: boolean;

  /** Whether a point takes the place of another one, whatever its data type says. */
  @Column('boolean', { default: false })
  replaces: boolean;
}

/** A summary that was asked for on a series. */
@Entity('summary')
export class Summary {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'summary_pkey' })
  series: number;

  @ManyToOne(() => Series, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'series', foreignKeyConstraintName: 'summary_series' })
  owner: Series;

  /** `aggregation`, `average` or `statistics`. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'summary_pkey' })
  type: string;

  @PrimaryColumn('bigint', { name: 'window_seconds', primaryKeyConstraintName: 'summary_pkey' })
  windowSeconds: string;

  /** Bins that begin before this time have left by retention and are not shown. */
  @Column('timestamptz', { name: 'cut_off', nullable: true })
  cutOff: Date | null;
}

/** A window of a series whose stored bins are still being filled from the points that were there before. */
@Entity('back_fill')
export class BackFill {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'back_fill_pkey' })
  series: number;

  @ManyToOne(() => Series, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'series', foreignKeyConstraintName: 'back_fill_series' })
  owner: Series;

  @PrimaryColumn('bigint', { name: 'window_seconds', primaryKeyConstraintName: 'back_fill_pkey' })
  windowSeconds: string;

  /** All bins that begin before this time are complete. */
  @Column('timestamptz', { name: 'next_bin' })
  nextBin: Date;

  /** Whether the other bins miss points; if not, they only lack what statistics need. */
  @Column('boolean')
  partial: boolean;
}
