import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { type Scope } from './scope.js';

/** A key that an admin issued to a user. */
@Entity('api_key')
@Unique('api_key_digest', ['digest'])
export class ApiKey {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'api_key_pkey' })
  id: number;

  @Column('text')
  username: string;

  @Column('text')
  scope: Scope;

  /** SHA-256 of the key; the key itself is stored nowhere. */
  @Column('bytea')
  digest: Buffer;

  @Column('timestamptz', { default: () => 'now()' })
  created: Date;

  @Column('timestamptz', { nullable: true })
  revoked: Date | null;
}
