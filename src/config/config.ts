import { accessSync, constants } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { OperatorError } from '../common/errors.js';
import { lengthOf } from '../common/moment.js';
import { defaultDataDir } from './data-dir.js';

/** Log levels of pino, most silent first. */
const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** Names that stand for whole ranges of addresses in TRUST_PROXY. */
const PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/**
 * Everything that can be set from outside. `loadConfig` fills and checks it once; nothing else reads the environment.
 */
export class AppConfig {
  /** Address to listen on. */
  host: string;
  /** Port to listen on; 0 takes any free one. */
  port: number;
  /** Directory of the embedded PostgreSQL, absolute. */
  dataDir: string;
  /** The PostgreSQL to use; `undefined` means the embedded one. */
  databaseUrl: string | undefined;
  /** A replica that answers the reads; `undefined` means that `databaseUrl` does. */
  databaseReadUrl: string | undefined;
  /** How far the replica may be behind and still answer reads, in milliseconds. */
  replicaMaxLag: number;
  /** Directory of the programs of the embedded PostgreSQL; `undefined` means the ones that came with npm. */
  pgBinDir: string | undefined;
  /** The maximum of connections to the database, for reads and for everything else. */
  poolSize: number;
  /** The path before `/perfsonar/` in every URL: empty, or with a leading and without a trailing slash. */
  pathPrefix: string;
  /** Who may read: everyone, or only clients with a key. */
  readAccess: 'public' | 'key';
  /** Whether clients of Luna may upload. */
  luna: boolean;
  /** Whether clients of InfluxDB may write. */
  influx: boolean;
  /** Whether a write to an unknown database creates it, or only those who ask for it do. */
  influxCreate: 'auto' | 'explicit';
  /** The maximum of metadata in one database. */
  seriesLimit: number;
  /** Whether a point of an unknown sensor registers it, or only sensors that are known may write. */
  sensorRegistration: 'auto' | 'known';
  /** The maximum of sensors. */
  maxSensors: number;
  /** Proxies whose X-Forwarded-* headers are trusted: addresses, CIDR ranges or range names. */
  trustProxy: readonly string[];
  /** The maximum size of a body, in bytes. */
  bodyLimit: number;
  /** The memory for bodies in progress, in bytes; one client gets at most half of it. */
  bodyBudget: number;
  /** The most points that one request may store. */
  maxPoints: number;
  /** The most requests that are worked on at a time. */
  maxRequests: number;
  /** Requests a minute with one key, and from one address without a valid key; 0 means no limit. */
  rateLimit: number;
  rateLimitAddress: number;
  /** How long the database may work on one statement of a read, in milliseconds; 0 means no limit. */
  statementTimeout: number;
  /** How many days the audit goes back; 0 means for ever. */
  auditDays: number;
  /** After how many seconds without a write an open session is closed; 0 means never. */
  sessionIdle: number;
  /** The least severe messages that are logged. */
  logLevel: (typeof LOG_LEVELS)[number];
  /**
   * The time that one chunk of a hypertable covers, in seconds; `undefined` means as the archive was made (30 days).
   */
  chunkSeconds: number | undefined;
  /** The file that says how long data are kept, absolute; `undefined` keeps everything. */
  retentionPolicy: string | undefined;
}

/**
 * Reads the configuration from environment variables; an empty variable counts as absent.
 * Throws an `OperatorError` that names the variable and what it should be.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): AppConfig {
  const read = <T>(name: string, fallback: T, parse: (text: string) => T | undefined, expected: string): T => {
    const text = env[name];
    if (text === undefined || text === '') return fallback;
    const value = parse(text);
    if (value === undefined) throw new OperatorError(`${name} must be ${expected}, but it is "${text}".`);
    return value;
  };
  const config = new AppConfig();
  config.host = read('HOST', '127.0.0.1', (text) => (/^[\w.:%-]+$/.test(text) ? text : undefined), 'an address');
  config.port = read('PORT', 8080, (text) => integer(text, 0, 65_535), 'a port number from 0 to 65535');
  config.dataDir = read('DATA_DIR', defaultDataDir(resolve('data')), (text) => resolve(text), 'a directory');
  config.databaseUrl = read('DATABASE_URL', undefined, (text) => postgresUrl('DATABASE_URL', text), 'a URL');
  config.databaseReadUrl = read(
    'DATABASE_READ_URL',
    undefined,
    (text) => postgresUrl('DATABASE_READ_URL', text),
    'a URL',
  );
  config.replicaMaxLag = read('REPLICA_MAX_LAG', 10_000, lag, 'a time from 1s to 86400s');
  config.pgBinDir = read('PG_BIN_DIR', undefined, (text) => resolve(text), 'a directory');
  config.poolSize = read('POOL_SIZE', 10, (text) => integer(text, 2, 1000), 'a number of connections from 2 to 1000');
  config.pathPrefix = read('PATH_PREFIX', '/esmond', pathPrefix, 'a path such as /esmond, or / for none');
  config.readAccess = read('READ_ACCESS', 'public', (text) => oneOf(['public', 'key'], text), 'public or key');
  config.luna = read('LUNA', 'off', (text) => oneOf(['on', 'off'], text), 'on or off') === 'on';
  config.influx = read('INFLUX', 'on', (text) => oneOf(['on', 'off'], text), 'on or off') === 'on';
  config.influxCreate = read('INFLUX_CREATE', 'auto', (text) => oneOf(['auto', 'explicit'], text), 'auto or explicit');
  config.seriesLimit = read(
    'SERIES_LIMIT',
    100_000,
    (text) => integer(text, 1, 100_000_000),
    'a number from 1 to 100000000',
  );
  config.sensorRegistration = read(
    'SENSOR_REGISTRATION',
    'auto',
    (text) => oneOf(['auto', 'known'], text),
    'auto or known',
  );
  config.maxSensors = read(
    'MAX_SENSORS',
    1_000_000,
    (text) => integer(text, 1, 100_000_000),
    'a number from 1 to 100000000',
  );
  config.trustProxy = read('TRUST_PROXY', [], proxies, 'addresses, ranges (10.0.0.0/8) or loopback, comma-separated');
  config.bodyLimit = read(
    'BODY_LIMIT',
    16 * 1024 ** 2,
    (text) => bytes(text),
    'a size like 16MiB, 500KiB or 1000000 (bytes), below 512MiB',
  );
  config.bodyBudget = read(
    'BODY_BUDGET',
    128 * 1024 ** 2,
    (text) => bytes(text, 64 * 1024 ** 3),
    'a size like 128MiB or 1000000 (bytes), from 1KiB on',
  );
  config.maxPoints = read('MAX_POINTS', 100_000, (text) => integer(text, 1, 10_000_000), 'a number from 1 to 10000000');
  config.maxRequests = read(
    'MAX_REQUESTS',
    10_000,
    (text) => integer(text, 1, 1_000_000),
    'a number from 1 to 1000000',
  );
  config.rateLimit = read('RATE_LIMIT', 1_200_000, rate, 'a number of requests a minute, or 0 for no limit');
  config.rateLimitAddress = read(
    'RATE_LIMIT_ADDRESS',
    300_000,
    rate,
    'a number of requests a minute, or 0 for no limit',
  );
  config.statementTimeout = read('STATEMENT_TIMEOUT', 60_000, duration, 'a time like 60s or 500ms, or 0 for no limit');
  config.auditDays = read('AUDIT_RETENTION', 365, days, 'a number of days from 1 to 36500, or never');
  config.sessionIdle = read('SESSION_IDLE', 0, idle, 'a time like 30m, 24h or 7d, from 1m to 3650d, or never');
  config.logLevel = read('LOG_LEVEL', 'info', (text) => oneOf(LOG_LEVELS, text), `one of ${LOG_LEVELS.join(', ')}`);
  config.chunkSeconds = read('CHUNK_INTERVAL', undefined, interval, 'a time like 30d or 12h, from 1h to 3650d');
  config.retentionPolicy = read('RETENTION_POLICY', undefined, (text) => resolve(text), 'a file');
  if (config.databaseReadUrl !== undefined && config.databaseUrl === undefined)
    throw new OperatorError('DATABASE_READ_URL needs DATABASE_URL: a replica belongs to a database of its own.');
  return config;
}

/**
 * The URL of the archive of a server with these variables, as programs on its machine reach it. Throws an
 * `OperatorError` as `loadConfig` does, and where the server takes any free port.
 */
export function archiveUrlOf(env: Readonly<Record<string, string | undefined>>): string {
  const { HOST, PORT, PATH_PREFIX } = env;
  const { host, port, pathPrefix } = loadConfig({ HOST, PORT, PATH_PREFIX });
  if (port === 0) throw new OperatorError('PORT is 0, which is any free port: say where the archive is with --url.');
  const name = ['127.0.0.1', '0.0.0.0', '::'].includes(host) ? 'localhost' : host;
  return `http://${isIP(name) === 6 ? `[${name}]` : name}:${port}${pathPrefix}/perfsonar/archive/`;
}

function integer(text: string, minimum: number, maximum: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return value >= minimum && value <= maximum ? value : undefined;
}

function oneOf<T extends string>(values: readonly T[], text: string): T | undefined {
  return values.find((value) => value === text);
}

/** Nothing of a wrong one is shown: wherever it is wrong, there may be a password in it. */
function postgresUrl(name: string, text: string): string {
  const fail = (problem: string): never => {
    throw new OperatorError(
      `${name} must be a URL like postgres://user:password@host:5432/database, but ${problem} ` +
        '(it is not shown, as there may be a password in it).',
    );
  };
  if (!/^postgres(ql)?:\/\/./.test(text)) return fail('it does not begin with postgres://');
  // What is behind an unescaped "/", "?" or "#" of a password counts as path, and would be shown as such.
  if (!URL.canParse(text) || /[/?#].*@/.test(text.replace(/^\w+:\/\//, '')))
    return fail('it is none: in a password, characters like @ : / ? # % must be written as %40 %3A %2F %3F %23 %25');
  try {
    decodeURIComponent(text);
  } catch {
    return fail('a % in it begins no escape: write %25 for a percent sign');
  }
  const { searchParams } = new URL(text);
  for (const parameter of ['sslcert', 'sslkey', 'sslrootcert']) {
    const file = searchParams.get(parameter);
    if (file !== null && !isReadable(file)) return fail(`its ${parameter} cannot be read`);
  }
  return text;
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function pathPrefix(text: string): string | undefined {
  if (text === '/') return '';
  return /^(\/[\w.~-]+)+$/.test(text) ? text : undefined;
}

function proxies(text: string): string[] | undefined {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries.every((entry) => PROXY_RANGES.includes(entry) || isAddressRange(entry)) ? entries : undefined;
}

function isAddressRange(text: string): boolean {
  const [address = '', prefix] = text.split('/', 2);
  const family = isIP(address);
  if (family === 0 || text.split('/').length > 2) return false;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128)) return false;
  new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  return true;
}

function rate(text: string): number | undefined {
  return integer(text, 0, 999_999_999);
}

function duration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^(\d{1,7})\s*(ms|s)$/.exec(text);
  if (!match) return undefined;
  const milliseconds = Number(match[1]) * (match[2] === 's' ? 1000 : 1);
  return milliseconds >= 1 && milliseconds <= 86_400_000 ? milliseconds : undefined;
}

function lag(text: string): number | undefined {
  const milliseconds = duration(text) ?? 0;
  return milliseconds >= 1000 ? milliseconds : undefined;
}

function days(text: string): number | undefined {
  return text === 'never' ? 0 : integer(text, 1, 36_500);
}

function idle(text: string): number | undefined {
  if (text === 'never') return 0;
  const seconds = lengthOf(text) ?? 0;
  return seconds >= 60 && seconds <= 3650 * 86_400 ? seconds : undefined;
}

function bytes(text: string, below = 512 * 1024 ** 2): number | undefined {
  const match = /^(\d{1,10})\s*(KiB|MiB)?$/i.exec(text);
  if (!match) return undefined;
  const factor = { kib: 1024, mib: 1024 ** 2 }[match[2]?.toLowerCase() ?? ''] ?? 1;
  const size = Number(match[1]) * factor;
  return size >= 1024 && size < below ? size : undefined;
}

function interval(text: string): number | undefined {
  const match = /^(\d{1,5})\s*(d|h)$/.exec(text);
  if (!match) return undefined;
  const seconds = Number(match[1]) * (match[2] === 'd' ? 86_400 : 3600);
  return seconds >= 3600 && seconds <= 3650 * 86_400 ? seconds : undefined;
}
