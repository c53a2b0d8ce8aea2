import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WireRequest } from './http-connection.js';
import { drive, type Measurement } from './load.js';

/** How long it may take to start, in milliseconds. */
const PATIENCE = 30_000;
const INTERVAL = 100;

/** An InfluxDB 1 with its defaults, in a scratch directory that goes with it. */
export class InfluxLimit {
  private constructor(
    readonly origin: string,
    /** Ends it, and removes what it has stored. */
    readonly stop: () => void,
  ) {}

  /** Whether `influxd` is installed. */
  static isThere(): boolean {
    return spawnSync('influxd', ['version'], { stdio: 'ignore' }).status === 0;
  }

  /** Starts it and creates a database. */
  static async start(database: string): Promise<InfluxLimit> {
    const directory = mkdtempSync(join(tmpdir(), 'marigram-bench-influx-'));
    const [http, rpc] = [await freePort(), await freePort()];
    const config = join(directory, 'influxd.conf');
    writeFileSync(config, configOf(directory, http, rpc));
    const program = spawn('influxd', ['-config', config], { stdio: 'ignore' });
    const stop = (): void => {
      program.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    };
    process.once('exit', stop);
    const influx = new InfluxLimit(`http://127.0.0.1:${http}`, stop);
    await influx.listens(program);
    const create = { method: 'POST', path: `/query?q=CREATE+DATABASE+%22${database}%22` };
    await drive({ origin: influx.origin, connections: 1, requests: [create], status: 200 });
    return influx;
  }

  /** Writes of lines. */
  write(requests: readonly WireRequest[], connections: number): Promise<Measurement> {
    return drive({ origin: this.origin, connections, requests, status: 204 });
  }

  private async listens(program: ChildProcess): Promise<void> {
    const ping = { method: 'GET', path: '/ping' };
    for (const end = Date.now() + PATIENCE; ;) {
      try {
        await drive({ origin: this.origin, connections: 1, requests: [ping], status: 204 });
        return;
      } catch (error) {
        if (program.exitCode !== null || Date.now() > end) throw new Error('influxd does not start', { cause: error });
        await sleep(INTERVAL);
      }
    }
  }
}

function configOf(directory: string, http: number, rpc: number): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${directory}/meta"
[data]
  dir = "${directory}/data"
  wal-dir = "${directory}/wal"
[http]
  bind-address = "127.0.0.1:${http}"
  log-enabled = false
[monitor]
  store-enabled = false
`;
}

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
