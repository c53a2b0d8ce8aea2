import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Series } from './series.entity.js';

/** What a rule has found. It outlives the rule and the metadata, so it repeats what is shown of them. */
@Entity('event')
@Index('event_opened', ['opened', 'id'])
@Index('event_still_open', ['opened', 'id'], { where: 'closed IS NULL' })
@Index('event_of_metadata', ['metadataKey', 'opened', 'id'])
@Index('event_of_sensor', ['sensor', 'opened', 'id'], { where: 'sensor IS NOT NULL' })
@Check('event_closed', '(closed IS NULL) = (closed_by IS NULL)')
export class EventEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'event_pkey' })
  id: string;

  @Column('uuid')
  rule: string;

  @Column('text', { name: 'rule_name' })
  ruleName: string;

  /** `null` once it is deleted. */
  @Index('event_of_series')
  @Column('integer', { nullable: true })
  series: number | null;

  @ManyToOne(() => Series, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'series', foreignKeyConstraintName: 'event_series' })
  ofSeries: Series | null;

  @Column({ type: 'text', name: 'metadata_key', collation: 'C' })
  metadataKey: string;

  @Column({ type: 'text', collation: 'C', nullable: true })
  sensor: string | null;

  @Column({ type: 'text', name: 'event_type', collation: 'C' })
  eventType: string;

  @Column({ type: 'text', collation: 'C' })
  type: string;

  @Column('text')
  severity: string;

  /** The time of the point that opened it. */
  @Column('timestamptz')
  opened: Date;

  @Column('timestamptz', { name: 'first_warning' })
  firstWarning: Date;

  /** When it was opened, by the database's clock. */
  @Column('timestamptz')
  received: Date;

  /** That of the point that opened it; `null` where it has no number. */
  @Column('float8', { nullable: true })
  value: number | null;

  /** The condition of the rule. */
  @Column('jsonb')
  threshold: object;

  /** As of its opening while it is open: the state of the rule knows more. */
  @Column('integer')
  warnings: number;

  @Column('float8', { nullable: true })
  peak: number | null;

  @Column('timestamptz', { nullable: true })
  closed: Date | null;

  @Column('text', { name: 'closed_by', nullable: true })
  closedBy: string | null;

  @Column('timestamptz', { name: 'acknowledged_at', nullable: true })
  acknowledgedAt: Date | null;

  @Column('text', { name: 'acknowledged_by', nullable: true })
  acknowledgedBy: string | null;

  @Column('text', { name: 'acknowledged_note', nullable: true })
  acknowledgedNote: string | null;

  @Column('text')
  text: string;
}
