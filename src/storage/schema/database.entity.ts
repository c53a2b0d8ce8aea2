import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

/** A database of the line protocol: its measurements are metadata with the parameter `database`. */
@Entity('database')
export class DatabaseEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'database_pkey' })
  name: string;

  /** The summaries that its fields keep. */
  @Column('jsonb')
  summaries: object;

  /** Whose key created it. */
  @Column('text')
  username: string;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  created: Date;
}

/** A field of a measurement. */
@Entity('field')
export class Field {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'field_pkey' })
  database: string;

  @ManyToOne(() => DatabaseEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'database', foreignKeyConstraintName: 'field_database' })
  owner: DatabaseEntity;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'field_pkey' })
  measurement: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'field_pkey' })
  name: string;

  /** Fixed by the first value, for all tag sets of the measurement. */
  @Column('text', { name: 'data_type' })
  dataType: string;

  /** The unit of its numbers, such as `ms`. */
  @Column('text', { nullable: true })
  unit: string | null;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  created: Date;
}
