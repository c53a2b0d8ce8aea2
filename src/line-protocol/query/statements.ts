import { Invalid } from '../../common/errors.js';
import { Tokens } from './tokens.js';

/** A statement of a query. */
export type Statement =
  | { readonly kind: 'create database'; readonly name: string }
  | { readonly kind: 'show databases' }
  /** Clients set one when they begin; it does nothing here. */
  | { readonly kind: 'set retention policy' }
  /** One that is known, but not executed here. */
  | { readonly kind: 'refused'; readonly error: string };

/** The most statements of a query. */
const MAX_STATEMENTS = 100;

/** The words that statements begin with. */
const FIRST_WORDS = ['ALTER', 'CREATE', 'DELETE', 'DROP', 'SHOW'];

/**
 * Parses the statements of a query, which semicolons separate. Throws `Invalid`, naming line and character, where it is not
 * understood.
 * @param database the database of statements that name none.
 */
export function parseStatements(query: string, database: string): Statement[] {
  const tokens = new Tokens(query);
  const statements: Statement[] = [];
  while (tokens.beginStatement()) {
    if (statements.length === MAX_STATEMENTS) throw new Invalid(`a query has at most ${MAX_STATEMENTS} statements`);
    statements.push(parseStatement(tokens, database));
  }
  return statements;
}

function parseStatement(tokens: Tokens, database: string): Statement {
  switch (tokens.keyword(...FIRST_WORDS)) {
    case 'CREATE':
      return tokens.keyword('DATABASE', 'RETENTION') === 'DATABASE' ? create(tokens) : setRetentionPolicy(tokens);
    case 'ALTER':
      tokens.keyword('RETENTION');
      return setRetentionPolicy(tokens);
    case 'SHOW':
      tokens.keyword('DATABASES');
      tokens.endStatement();
      return { kind: 'show databases' };
    case 'DROP':
      return refused(
        tokens,
        tokens.keyword('DATABASE', 'MEASUREMENT', 'SERIES') === 'DATABASE' ? tokens.name() : database,
      );
    default:
      return refused(tokens, database);
  }
}

/** `CREATE DATABASE name`; what `WITH` says of its retention policy has no meaning here. */
function create(tokens: Tokens): Statement {
  const name = tokens.name();
  if (tokens.isWord('WITH')) tokens.skipStatement();
  else tokens.endStatement();
  return { kind: 'create database', name };
}

function setRetentionPolicy(tokens: Tokens): Statement {
  tokens.keyword('POLICY');
  tokens.name();
  tokens.keyword('ON');
  tokens.name();
  tokens.skipStatement();
  return { kind: 'set retention policy' };
}

function refused(tokens: Tokens, database: string): Statement {
  tokens.skipStatement();
  return { kind: 'refused', error: `not allowed here: use DELETE /api/v1/databases/${encodeURIComponent(database)}` };
}
