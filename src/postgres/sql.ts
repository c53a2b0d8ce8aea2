/** A statement with its parameters. */
export interface Statement {
  readonly text: string;
  readonly values?: unknown[];
  /** Makes each connection parse and plan the statement once. A name always belongs to the same text. */
  readonly name?: string;
  /** Returns each row as an array of its columns. */
  readonly rowMode?: 'array';
}

/** The answer to a statement. */
export interface Result<Row> {
  readonly rows: Row[];
  /** The number of rows returned or changed; `null` for other statements. */
  readonly rowCount: number | null;
}

/** Runs statements: the database, or a connection in a transaction. Pools and clients of node-postgres implement it. */
export interface Sql {
  query<Row extends object>(statement: string | Statement, values?: unknown[]): Promise<Result<Row>>;
}
