import { expect } from 'vitest';
import { Unavailable } from '../../src/common/errors.js';
import { RollupCheck } from '../../src/storage/rollups/rollup-check.js';
import { ARCHIVE, startArchive, type TestArchive } from './archive.js';
import { newMetadata } from './builders.js';

/** Two servers on one database, whose connections to it may be cut at any time. */
export class TwoServers {
  private constructor(
    readonly servers: readonly [TestArchive, TestArchive],
    /** The authorization of an admin. */
    readonly admin: string,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<TwoServers> {
    const archive = await startArchive(env);
    return new TwoServers([archive, await archive.another()], await archive.issueKey('admin'));
  }

  /** The one that is asked for everything that either could do. */
  get first(): TestArchive {
    return this.servers[0];
  }

  async close(): Promise<void> {
    for (const server of this.servers.toReversed()) await server.close();
  }

  /** Cuts all connections that read, write or do anything else. */
  async crash(): Promise<void> {
    await this.first.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name IN ('marigram', 'marigram-read', 'marigram-write')`,
    );
  }

  /** Registers an event type; returns the URI of the metadata. */
  async register(type: string, summaries: readonly object[]): Promise<string> {
    const body = await this.asked(201, () =>
      this.first.http
        .post(ARCHIVE)
        .set('authorization', this.first.auth)
        .send(newMetadata([{ 'event-type': type, summaries }])),
    );
    return (body as { uri: string }).uri;
  }

  read(path: string): Promise<unknown> {
    return this.asked(200, () => this.first.http.get(path));
  }

  /** Sends a request that changes points, as a client would do: after a 503 it tries again. */
  async change(send: () => PromiseLike<{ readonly status: number }>): Promise<void> {
    await again(async () => {
      const { status } = await send();
      if (status === 503) throw new Unavailable('503');
      expect([200, 201, 204, 409]).toContain(status);
    });
  }

  /** Deletes points between two times, in seconds. */
  delete(path: string, from: number, to: number): Promise<void> {
    return this.change(() =>
      this.first.http.delete(`${path}?time-start=${from}&time-end=${to}`).set('authorization', this.admin),
    );
  }

  /** Every summary of a metadata is the formula over its points. */
  async checkSummaries(uri: string): Promise<void> {
    const check = this.first.app.get(RollupCheck);
    for (const window of await again(() => check.windows()))
      if (uri.includes(window.metadataKey)) expect(await again(() => check.check(window, false))).toEqual([]);
  }

  private asked(
    expected: number,
    send: () => PromiseLike<{ readonly status: number; readonly body: unknown }>,
  ): Promise<unknown> {
    return again(async () => {
      const { status, body } = await send();
      if (status === 503) throw new Unavailable('503');
      expect(status).toBe(expected);
      return body;
    });
  }
}

/** A connection that was cut may be found out by whoever uses it next. */
export async function again<T>(action: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      expect(error).toBeInstanceOf(Unavailable);
    }
  }
}
