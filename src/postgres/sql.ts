/** A statement with what it takes. */
export interface Statement {
  readonly text: string;
  readonly values?: unknown[];
  /** Of a statement that is run often: each connection then parses and plans it only once. It always has this text. */
  readonly name?: string;
  /** Returns each row as an array of its columns. */
  readonly rowMode?: 'array';
}

/** The answer to a statement. */
export interface Result<Row> {
  readonly rows: Row[];
  /** The number of rows that were returned or changed; `null` for statements that do neither. */
  readonly rowCount: number | null;
}

/** Runs statements: the database, or a connection in a transaction. node-postgres' pools and clients are such, too. */
export interface Sql {
  query<Row extends object>(statement: string | Statement, values?: unknown[]): Promise<Result<Row>>;
}
