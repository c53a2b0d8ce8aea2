import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** What a key or a network may do. */
export type StoredScope = 'read' | 'write' | 'admin';

/** Limits of writes: for each field of the subject, the values of which one must match. */
export type StoredLimits = Readonly<Record<string, readonly string[]>>;

/** A key that an admin issued to a user. */
@Entity('api_key')
@Unique('api_key_digest', ['digest'])
export class ApiKey {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'api_key_pkey' })
  id: number;

  @Column('text')
  username: string;

  @Column('text')
  scope: StoredScope;

  /** SHA-256 of the key; the key itself is stored nowhere. */
  @Column('bytea')
  digest: Buffer;

  @Column('timestamptz', { default: () => 'now()' })
  created: Date;

  @Column('timestamptz', { nullable: true })
  revoked: Date | null;

  /** When it expires; `null` means never. */
  @Column('timestamptz', { nullable: true })
  expires: Date | null;

  /** `null` means that it may write to all metadata. */
  @Column('jsonb', { nullable: true })
  limits: StoredLimits | null;

  /** When it was last used, to half a minute, and from where. */
  @Column('timestamptz', { name: 'last_used', nullable: true })
  lastUsed: Date | null;

  @Column('inet', { name: 'last_address', nullable: true })
  lastAddress: string | null;

  /** The number of the key that replaces it. */
  @Column('integer', { nullable: true })
  successor: number | null;
}

/** A range of addresses whose clients act as a user without showing a key. */
@Entity('network')
@Unique('network_range', ['range'])
export class Network {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'network_pkey' })
  id: number;

  @Column('cidr')
  range: string;

  @Column('text')
  username: string;

  @Column('text')
  scope: StoredScope;

  @Column('jsonb', { nullable: true })
  limits: StoredLimits | null;

  @Column('timestamptz', { default: () => 'now()' })
  created: Date;
}
