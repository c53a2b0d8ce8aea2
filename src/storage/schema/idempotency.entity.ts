import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A write that had an `Idempotency-Key`, and was committed together with this row. */
@Entity('idempotency')
export class IdempotencyRecord {
  /** `key:NUMBER` of an API key, or `network:USER`. */
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'idempotency_pkey' })
  caller: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'idempotency_pkey' })
  key: string;

  /** SHA-256 of the request. */
  @Column('bytea')
  digest: Buffer;

  /** The conflict that was answered; `null` where everything was stored. */
  @Column('json', { nullable: true })
  answer: unknown;

  @Index('idempotency_created')
  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  created: Date;
}
