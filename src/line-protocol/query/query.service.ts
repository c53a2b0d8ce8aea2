import { Injectable } from '@nestjs/common';
import { type Caller } from '../../auth/caller.js';
import { WriteLimits } from '../../auth/write-limits.js';
import { Invalid } from '../../common/errors.js';
import { DatabaseStore } from '../../storage/databases/database-store.js';
import { subjectOfDatabase } from '../../storage/registry/subject-store.js';
import { type Statement } from './statements.js';

/** How a query was sent. */
export interface Sender {
  /** Who sent it, where they may write. Throws `Unauthorized` and `Forbidden`. */
  readonly writer: () => Promise<Caller>;
  readonly isPosted: boolean;
}

/** What a statement answers, as it stands in the body. */
export interface Answer {
  readonly series?: readonly { name: string; columns: readonly string[]; values?: readonly string[][] }[];
  readonly messages?: readonly { level: 'warning'; text: string }[];
  readonly error?: string;
}

/** A statement whose sender may execute it. */
type Execution = () => Promise<Answer>;

/** Executes the statements of queries. */
@Injectable()
export class QueryService {
  constructor(
    private readonly databases: DatabaseStore,
    private readonly limits: WriteLimits,
  ) {}

  /**
   * Executes statements one after the other, and answers each. Throws `Unauthorized` and `Forbidden`, with nothing executed,
   * where the sender may not execute one of them.
   */
  async run(statements: readonly Statement[], sender: Sender): Promise<Answer[]> {
    const executions: Execution[] = [];
    for (const statement of statements) executions.push(await this.prepare(statement, sender));
    const answers: Answer[] = [];
    for (const execute of executions) answers.push(await execute());
    return answers;
  }

  private async prepare(statement: Statement, { writer, isPosted }: Sender): Promise<Execution> {
    switch (statement.kind) {
      case 'create database': {
        const { name } = statement;
        const by = await writer();
        this.limits.check(by, subjectOfDatabase(name));
        return () => this.create(name, by, isPosted);
      }
      case 'show databases':
        return () => this.showDatabases();
      case 'set retention policy':
        await writer();
        return () => Promise.resolve({});
      case 'refused':
        return () => Promise.resolve({ error: statement.error });
    }
  }

  private async create(name: string, by: Caller, isPosted: boolean): Promise<Answer> {
    try {
      await this.databases.create(name, by);
    } catch (error) {
      if (error instanceof Invalid) return { error: error.message };
      throw error;
    }
    if (isPosted) return {};
    const text = `deprecated use of 'CREATE DATABASE ${name}' in a read only context, please use a POST request instead`;
    return { messages: [{ level: 'warning', text }] };
  }

  private async showDatabases(): Promise<Answer> {
    const names = await this.databases.names();
    const values = names.map((name) => [name]);
    return { series: [{ name: 'databases', columns: ['name'], ...(values.length > 0 && { values }) }] };
  }
}
