import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { EventEntity } from './event.entity.js';
import { Series } from './series.entity.js';

/** A rule on the values of series. */
@Entity('rule')
@Unique('rule_name', ['name'])
export class RuleEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'rule_pkey' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  name: string;

  /** What it says: a `RuleText`. */
  @Column('jsonb')
  body: object;

  @Column('boolean')
  enabled: boolean;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  created: Date;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  changed: Date;

  /** Whose key changed it last. */
  @Column('text', { name: 'by_user' })
  byUser: string;
}

/** The version of all rules together: one row, which grows with every change, so that writers notice it. */
@Entity('rule_generation')
@Check('rule_generation_one_row', 'id = 1')
export class RuleGeneration {
  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'rule_generation_pkey' })
  id: number;

  @Column('bigint')
  value: string;
}

/** How far a rule is on a series, from the first warning until the next normal value. */
@Entity('rule_state')
export class RuleState {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'rule_state_pkey' })
  series: number;

  @ManyToOne(() => Series, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'series', foreignKeyConstraintName: 'rule_state_series' })
  ofSeries: Series;

  @Index('rule_state_of_rule')
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'rule_state_pkey' })
  rule: string;

  @ManyToOne(() => RuleEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'rule', foreignKeyConstraintName: 'rule_state_rule' })
  ofRule: RuleEntity;

  /** Warnings in a row. */
  @Column('integer')
  warnings: number;

  /** Normal values in a row since the last of them. */
  @Column('integer')
  normals: number;

  /** The time of the first warning. */
  @Column('timestamptz')
  since: Date;

  /** The worst value of the warnings; `null` where they have no numbers. */
  @Column('float8', { nullable: true })
  peak: number | null;

  @Column('float8', { name: 'last_value', nullable: true })
  lastValue: number | null;

  /** The event that this run has opened, while that is open. */
  @Index('rule_state_open_event', { unique: true, where: 'open_event IS NOT NULL' })
  @Column('uuid', { name: 'open_event', nullable: true })
  openEvent: string | null;

  @ManyToOne(() => EventEntity)
  @JoinColumn({ name: 'open_event', foreignKeyConstraintName: 'rule_state_event' })
  event: EventEntity | null;
}
