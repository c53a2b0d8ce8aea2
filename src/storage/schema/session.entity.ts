import { Check, Column, Entity, Index, JoinColumn, ManyToOne, OneToOne, PrimaryColumn, Unique } from 'typeorm';
import { Series } from './series.entity.js';

/** Whether a session takes points, or how it ended. */
export type SessionStatus = 'open' | 'closed' | 'interrupted';

/** A data session, such as a load test. */
@Entity('session')
@Unique('session_number', ['number'])
@Check('session_status', "status IN ('open', 'closed', 'interrupted')")
export class Session {
  /** The text that its client knows it by. */
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'session_pkey' })
  id: string;

  @Column({ type: 'integer', generatedIdentity: 'BY DEFAULT' })
  number: number;

  @Column('text')
  name: string;

  /** Whose key created it. */
  @Column('text')
  username: string;

  /** Who ran the test. */
  @Column('text')
  operator: string;

  @Column('text')
  status: SessionStatus;

  /** The bins of its streams are aligned to it, so it never changes. */
  @Index('session_test_start')
  @Column('timestamptz', { name: 'test_start' })
  testStart: Date;

  @Column('timestamptz', { name: 'test_end', nullable: true })
  testEnd: Date | null;

  @Column('jsonb')
  meta: Record<string, unknown>;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  created: Date;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  updated: Date;
}

/** A stream of points of a session, and the series that holds them. */
@Entity('session_stream')
@Unique('session_stream_number', ['number'])
@Unique('session_stream_identity', ['session', 'id'])
export class SessionStream {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'session_stream_pkey' })
  series: number;

  @OneToOne(() => Series, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'series', foreignKeyConstraintName: 'session_stream_series' })
  owner: Series;

  @Column({ type: 'integer', generatedIdentity: 'BY DEFAULT' })
  number: number;

  @Column({ type: 'text', collation: 'C' })
  session: string;

  @ManyToOne(() => Session)
  @JoinColumn({ name: 'session', foreignKeyConstraintName: 'session_stream_session' })
  ofSession: Session;

  /** The text that its client knows it by. */
  @Column({ type: 'text', collation: 'C' })
  id: string;

  @Column('text')
  type: 'metric' | 'event';

  @Column('text')
  name: string;

  @Column('text', { name: 'case_name', nullable: true })
  caseName: string | null;

  /** The series of another stream of the session. */
  @Index('session_stream_children', { where: 'parent IS NOT NULL' })
  @Column('integer', { nullable: true })
  parent: number | null;

  @ManyToOne(() => SessionStream, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'parent', foreignKeyConstraintName: 'session_stream_parent' })
  ofParent: SessionStream | null;

  /** Whether its points are kept. */
  @Column('boolean')
  raw: boolean;

  /** Whether it has summaries. */
  @Column('boolean')
  aggregate: boolean;

  @Column('jsonb')
  meta: Record<string, unknown>;

  /** The numbers of the rows that were taken so far. */
  @Column('int8multirange', { default: '{}' })
  received: string;
}
