import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Session } from './session.entity.js';

/** An upload that the Luna door stored, committed together with this row. */
@Entity('luna_upload')
@Index('luna_upload_target', ['session', 'target'])
export class LunaUpload {
  @PrimaryColumn({
    ...{ type: 'bigint', generatedIdentity: 'BY DEFAULT' },
    primaryKeyConstraintName: 'luna_upload_pkey',
  })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  session: string;

  @ManyToOne(() => Session, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'session', foreignKeyConstraintName: 'luna_upload_session' })
  ofSession: Session;

  /** The table that the rows were for, such as `metrics`. */
  @Column({ type: 'text', collation: 'C' })
  target: string;

  /** How many rows it had; the first half has this number divided by 2, rounded down. */
  @Column('integer')
  rows: number;

  /** SHA-256 of the values of all rows. */
  @Column('bytea')
  whole: Buffer;

  @Column('bytea', { name: 'first_half' })
  firstHalf: Buffer;

  @Column('bytea', { name: 'second_half' })
  secondHalf: Buffer;

  @Index('luna_upload_created')
  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  created: Date;
}
