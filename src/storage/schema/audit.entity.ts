import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** A change that somebody made. */
@Entity('audit')
export class AuditEntry {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'audit_pkey',
  })
  id: string;

  @Index('audit_time')
  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  time: Date;

  @Column('text')
  username: string;

  @Column('integer', { name: 'api_key', nullable: true })
  apiKey: number | null;

  @Column('inet', { nullable: true })
  address: string | null;

  @Column('text')
  action: string;

  /** The metadata key, the number of the key, or the network that was changed. */
  @Index('audit_target')
  @Column('text', { nullable: true })
  target: string | null;

  @Column('jsonb')
  details: Record<string, unknown>;
}

/** How much was written with a key in an hour; the key is 0 where a network stood for it. */
@Entity('write_count')
export class WriteCount {
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'write_count_pkey' })
  hour: Date;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'write_count_pkey' })
  username: string;

  @PrimaryColumn('integer', { name: 'api_key', primaryKeyConstraintName: 'write_count_pkey' })
  apiKey: number;

  @Column('bigint')
  requests: string;

  @Column('bigint')
  points: string;
}

/** Points that were accepted and dropped on purpose, and who sent the last of them. */
@Entity('dropped_points')
export class DroppedPoints {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'dropped_points_pkey' })
  metadata: string;

  @PrimaryColumn({ name: 'event_type', type: 'text', collation: 'C', primaryKeyConstraintName: 'dropped_points_pkey' })
  eventType: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'dropped_points_pkey' })
  reason: string;

  @Column('bigint')
  points: string;

  @Column('timestamptz', { name: 'first_time', default: () => 'clock_timestamp()' })
  firstTime: Date;

  @Column('timestamptz', { name: 'last_time', default: () => 'clock_timestamp()' })
  lastTime: Date;

  @Column('text')
  username: string;

  @Column('integer', { name: 'api_key', nullable: true })
  apiKey: number | null;

  @Column('inet', { nullable: true })
  address: string | null;
}
