import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type DataTypeName } from '../../event-types/data-types.js';

/** An event type that an admin has declared, beside the built-in ones. */
@Entity('event_type')
export class EventType {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'event_type_pkey' })
  name: string;

  @Column('text', { name: 'data_type' })
  dataType: DataTypeName;

  /** The unit of its numbers, such as `°C`. */
  @Column('text', { nullable: true })
  unit: string | null;

  @Column('text')
  description: string;

  @Column('timestamptz', { default: () => 'now()' })
  created: Date;
}
