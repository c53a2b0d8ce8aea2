import { Check, Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** Who measured what between whom. */
@Entity('metadata')
@Unique('metadata_key', ['key'])
@Unique('metadata_identity', ['identity'])
@Index('metadata_parameters', { synchronize: false })
@Index('metadata_source_name', { synchronize: false })
@Index('metadata_database', { synchronize: false })
@Index('metadata_sensor', { synchronize: false })
@Check('metadata_one_source', 'num_nonnulls(source, source_name) <= 1')
export class Metadata {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'metadata_pkey' })
  id: number;

  /** 32 lower-case hexadecimal digits, random: what clients know the metadata by. */
  @Column({ type: 'text', collation: 'C' })
  key: string;

  @Column('text', { name: 'subject_type' })
  subjectType: string;

  @Index('metadata_source')
  @Column('inet', { nullable: true })
  source: string | null;

  /** What the source is called where it has no address. */
  @Column('text', { name: 'source_name', nullable: true })
  sourceName: string | null;

  @Index('metadata_destination')
  @Column('inet', { nullable: true })
  destination: string | null;

  @Index('metadata_measurement_agent')
  @Column('inet', { name: 'measurement_agent', nullable: true })
  measurementAgent: string | null;

  @Column('text', { name: 'tool_name', nullable: true })
  toolName: string | null;

  @Column('text', { name: 'input_source', nullable: true })
  inputSource: string | null;

  @Column('text', { name: 'input_destination', nullable: true })
  inputDestination: string | null;

  /** Free-form parameters: dashed names, text values. */
  @Column('jsonb')
  parameters: Record<string, string>;

  /** SHA-256 of all that makes two metadata the same. */
  @Column('bytea')
  identity: Buffer;

  @Column('timestamptz', { default: () => 'now()' })
  created: Date;
}
