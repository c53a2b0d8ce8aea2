import { Injectable } from '@nestjs/common';
import { type Page } from '../../common/page.js';
import { Forbidden, Invalid, NotFound, Unavailable } from '../../common/errors.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { MAX_WINDOWS, sameSummary, type SummaryRegistration } from '../registry/metadata-store.js';
import { TaggedMetadataStore } from '../registry/tagged-metadata-store.js';

/** There is no such database. */
export class UnknownDatabase extends NotFound {
  constructor(readonly database: string) {
    super(`there is no database ${JSON.stringify(database)}`);
  }
}

/** A database as it is stored. */
export interface StoredDatabase {
  readonly name: string;
  /** Those that its fields keep, as far as their types have them. */
  readonly summaries: readonly SummaryRegistration[];
}

/** What is stored in a database; times in micros, `null` where there is no point. */
export interface DatabaseContent {
  /** The number of metadata: measurements with a set of tags. */
  readonly series: number;
  readonly first: number | null;
  readonly last: number | null;
}

/** Where queries find the archive's other data. */
const RESERVED = ['archive', 'sessions'];

/** The number of series that get summaries at a time. */
const BATCH_SIZE = 1000;

/** The SQL on databases. Each change is one transaction with its audit record. Reads ask the primary. */
@Injectable()
export class DatabaseStore {
  constructor(
    private readonly db: Database,
    private readonly metadata: TaggedMetadataStore,
  ) {}

  /** The names of all databases, sorted. */
  async names(): Promise<string[]> {
    const { rows } = await this.db.reader(true).query<{ name: string }>('SELECT name FROM database ORDER BY name');
    return rows.map(({ name }) => name);
  }

  /** Whether there is a database of this name. */
  async exists(name: string): Promise<boolean> {
    const text = 'SELECT FROM database WHERE name = $1';
    return (await this.db.query({ name: 'database-exists', text, values: [name] })).rowCount === 1;
  }

  /** A page of all databases, sorted by name, and whether more follow. */
  async list({ limit, offset }: Page): Promise<{ rows: StoredDatabase[]; more: boolean }> {
    const { rows } = await this.db
      .reader(true)
      .query<StoredDatabase>('SELECT name, summaries FROM database ORDER BY name LIMIT $1 OFFSET $2', [
        limit + 1,
        offset,
      ]);
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  /** The database of this name. Throws `UnknownDatabase`. */
  async find(name: string): Promise<StoredDatabase> {
    const { rows } = await this.db
      .reader(true)
      .query<StoredDatabase>('SELECT name, summaries FROM database WHERE name = $1', [name]);
    if (!rows[0]) throw new UnknownDatabase(name);
    return rows[0];
  }

  /** How much is stored in a database. */
  async content(name: string): Promise<DatabaseContent> {
    const { metadata, ...times } = await this.metadata.totalsOf(this.db.reader(true), name);
    return { series: metadata, ...times };
  }

  /**
   * Creates a database, or sets which summaries the fields keep that come later; `undefined` changes nothing. Throws as
   * `create` does, and `Invalid` where fields would keep too many windows, with those that they keep already.
   * @returns whether it is new.
   */
  put(name: string, summaries: readonly SummaryRegistration[] | undefined, by: Actor): Promise<boolean> {
    return this.db.retrying(async (sql) => {
      const isNew = await this.createWithin(sql, name, by);
      const known = await this.hold(sql, name, by, false);
      if (summaries === undefined || areSame(summaries, known)) return isNew;
      const windows = [...(await this.metadata.windowsOf(sql, name)), ...summaries.map(({ window }) => window)];
      if (new Set(windows).size > MAX_WINDOWS)
        throw new Invalid(`summaries: more than ${MAX_WINDOWS} windows, with those that fields keep already`);
      await sql.query('UPDATE database SET summaries = $2 WHERE name = $1', [name, JSON.stringify(summaries)]);
      await recordAudit(sql, by, 'database changed', name, { summaries });
      return isNew;
    });
  }

  /**
   * Adds summaries to the series that a database has, in transactions of 1,000 series: writers wait for none of them long.
   * Calling it again completes what a failure has interrupted.
   */
  async extendSeries(name: string, summaries: readonly SummaryRegistration[]): Promise<void> {
    const ids = await this.metadata.seriesOf(this.db, name);
    for (let begin = 0; begin < ids.length; begin += BATCH_SIZE)
      await this.db.retrying((sql) => this.metadata.extend(sql, ids.slice(begin, begin + BATCH_SIZE), summaries));
  }

  /**
   * Creates a database, or does nothing where there is one of this name. Returns whether it is new. Throws `Invalid` for a
   * name that none can have, and `Forbidden` for a reserved one.
   */
  create(name: string, by: Actor): Promise<boolean> {
    return this.db.retrying((sql) => this.createWithin(sql, name, by));
  }

  /**
   * Locks a database against registrations by others, inside the caller's transaction; returns the summaries that its
   * fields keep.
   * @param mayCreate whether an unknown one is created, as `create` does; if not, throws `UnknownDatabase`.
   */
  async hold(sql: Sql, name: string, by: Actor, mayCreate: boolean): Promise<readonly SummaryRegistration[]> {
    const known = await this.lock(sql, name);
    if (known) return known;
    if (!mayCreate) throw new UnknownDatabase(name);
    await this.createWithin(sql, name, by);
    const created = await this.lock(sql, name);
    if (!created) throw new Unavailable(`the database ${name} was deleted meanwhile, try again`);
    return created;
  }

  /** Locks a database against everything, inside the caller's transaction; returns whether it is there. */
  async lockForRemoval(sql: Sql, name: string): Promise<boolean> {
    return (await sql.query('SELECT FROM database WHERE name = $1 FOR UPDATE', [name])).rowCount === 1;
  }

  /** Removes a database that has no metadata, with its fields, inside the caller's transaction. */
  async remove(sql: Sql, name: string): Promise<void> {
    await sql.query('DELETE FROM database WHERE name = $1', [name]);
  }

  private async createWithin(sql: Sql, name: string, by: Actor): Promise<boolean> {
    refuseName(name);
    const { rowCount } = await sql.query(
      `INSERT INTO database (name, summaries, username) VALUES ($1, '[]', $2)
       ON CONFLICT ON CONSTRAINT database_pkey DO NOTHING`,
      [name, by.username],
    );
    if (rowCount === 1) await recordAudit(sql, by, 'database created', name);
    return rowCount === 1;
  }

  private async lock(sql: Sql, name: string): Promise<readonly SummaryRegistration[] | undefined> {
    const { rows } = await sql.query<{ summaries: SummaryRegistration[] }>({
      name: 'database-lock',
      text: 'SELECT summaries FROM database WHERE name = $1 FOR NO KEY UPDATE',
      values: [name],
    });
    return rows[0]?.summaries;
  }
}

function refuseName(name: string): void {
  // eslint-disable-next-line no-control-regex -- they are what is refused
  if (!/^[^/"\u0000-\u001f\u007f-\u009f]{1,128}$/u.test(name))
    throw new Invalid(
      `a database can't be called ${JSON.stringify(name)}: 1 to 128 characters, no control characters, / or "`,
    );
  if (RESERVED.includes(name)) throw new Forbidden(`the database ${name} can't be written to: the name is reserved`);
}

function areSame(a: readonly SummaryRegistration[], b: readonly SummaryRegistration[]): boolean {
  return a.length === b.length && a.every((one) => b.some((other) => sameSummary(one, other)));
}
