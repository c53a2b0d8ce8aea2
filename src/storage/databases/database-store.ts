import { Injectable } from '@nestjs/common';
import { Forbidden, Invalid, NotFound, Unavailable } from '../../common/errors.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { type Actor, recordAudit } from '../access/audit-store.js';
import { type SummaryRegistration } from '../registry/metadata-store.js';

/** There is no such database. */
export class UnknownDatabase extends NotFound {
  constructor(readonly database: string) {
    super(`there is no database ${JSON.stringify(database)}`);
  }
}

/** Where queries find the archive's other data. */
const RESERVED = ['archive', 'sessions'];

/** The SQL on databases. Each change is one transaction with its audit record. Reads ask the primary. */
@Injectable()
export class DatabaseStore {
  constructor(private readonly db: Database) {}

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
