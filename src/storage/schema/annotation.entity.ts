import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Metadata } from './metadata.entity.js';
import { Session } from './session.entity.js';

/** A text at a time, or over an interval. */
@Entity('annotation')
@Index('annotation_span', { synchronize: false })
@Index('annotation_tags', { synchronize: false })
@Check('annotation_order', 'begin <= until')
export class Annotation {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'annotation_pkey' })
  id: number;

  @Index('annotation_begin')
  @Column('timestamptz')
  begin: Date;

  /** Inclusive; `null` while the interval is open. */
  @Column('timestamptz', { nullable: true })
  until: Date | null;

  @Column('text')
  text: string;

  @Column('text', { array: true })
  tags: string[];

  @Index('annotation_of_session', { where: 'session IS NOT NULL' })
  @Column({ type: 'text', collation: 'C', nullable: true })
  session: string | null;

  @ManyToOne(() => Session, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'session', foreignKeyConstraintName: 'annotation_session' })
  ofSession: Session | null;

  @Index('annotation_of_metadata', { where: 'metadata_key IS NOT NULL' })
  @Column({ type: 'text', name: 'metadata_key', collation: 'C', nullable: true })
  metadataKey: string | null;

  @ManyToOne(() => Metadata, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'metadata_key', referencedColumnName: 'key', foreignKeyConstraintName: 'annotation_metadata' })
  ofMetadata: Metadata | null;

  /** Free-form facts, such as the dashboard that it was made on. */
  @Column('jsonb')
  data: Record<string, unknown>;

  /** Whose key wrote it. */
  @Column('text')
  username: string;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  created: Date;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  updated: Date;
}
