import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OperatorError } from '../common/errors.js';
import { archiveUrlOf, loadConfig } from './config.js';
import { closedDirectory, defaultDataDir, SYSTEM_DATA_DIR } from './data-dir.js';

test('without any variable the archive listens on loopback and keeps its data in ./data', () => {
  expect(loadConfig({})).toEqual({
    host: '127.0.0.1',
    port: 8080,
    dataDir: defaultDataDir(resolve('data')),
    databaseUrl: undefined,
    databaseReadUrl: undefined,
    replicaMaxLag: 10_000,
    pgBinDir: undefined,
    poolSize: 10,
    pathPrefix: '/esmond',
    readAccess: 'public',
    luna: false,
    influx: true,
    influxCreate: 'auto',
    seriesLimit: 100_000,
    sensorRegistration: 'auto',
    maxSensors: 1_000_000,
    trustProxy: [],
    bodyLimit: 16 * 1024 * 1024,
    bodyBudget: 128 * 1024 * 1024,
    maxPoints: 100_000,
    maxRequests: 10_000,
    rateLimit: 1_200_000,
    rateLimitAddress: 300_000,
    statementTimeout: 60_000,
    auditDays: 365,
    sessionIdle: 0,
    logLevel: 'info',
    chunkSeconds: undefined,
    retentionPolicy: undefined,
  });
});

test('an empty variable counts as absent', () => {
  const names = [
    'HOST',
    'PORT',
    'DATA_DIR',
    'DATABASE_URL',
    'PATH_PREFIX',
    'BODY_LIMIT',
    'CHUNK_INTERVAL',
    'RETENTION_POLICY',
  ];
  expect(loadConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(loadConfig({}));
});

describe('a good value', () => {
  test.each([
    ['HOST', '0.0.0.0', 'host', '0.0.0.0'],
    ['HOST', '::1', 'host', '::1'],
    ['HOST', 'archive.example.net', 'host', 'archive.example.net'],
    ['PORT', '0', 'port', 0],
    ['PORT', '65535', 'port', 65_535],
    ['DATA_DIR', 'somewhere/else', 'dataDir', resolve('somewhere/else')],
    ['DATABASE_URL', 'postgres://u:p@db.example.net:5433/a', 'databaseUrl', 'postgres://u:p@db.example.net:5433/a'],
    ['DATABASE_URL', 'postgresql://db/a', 'databaseUrl', 'postgresql://db/a'],
    ['REPLICA_MAX_LAG', '1s', 'replicaMaxLag', 1000],
    ['PG_BIN_DIR', '/opt/pg/bin', 'pgBinDir', '/opt/pg/bin'],
    ['POOL_SIZE', '2', 'poolSize', 2],
    ['PATH_PREFIX', '/', 'pathPrefix', ''],
    ['PATH_PREFIX', '/a/b-c', 'pathPrefix', '/a/b-c'],
    ['READ_ACCESS', 'key', 'readAccess', 'key'],
    ['TRUST_PROXY', 'loopback', 'trustProxy', ['loopback']],
    ['TRUST_PROXY', '10.0.0.0/8, 2001:db8::/32,192.0.2.1', 'trustProxy', ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1']],
    ['BODY_LIMIT', '1024', 'bodyLimit', 1024],
    ['BODY_LIMIT', '500KiB', 'bodyLimit', 500 * 1024],
    ['BODY_LIMIT', '2 mib', 'bodyLimit', 2 * 1024 * 1024],
    ['BODY_BUDGET', '2000MiB', 'bodyBudget', 2000 * 1024 * 1024],
    ['MAX_POINTS', '1', 'maxPoints', 1],
    ['MAX_REQUESTS', '1', 'maxRequests', 1],
    ['RATE_LIMIT', '0', 'rateLimit', 0],
    ['RATE_LIMIT_ADDRESS', '600', 'rateLimitAddress', 600],
    ['STATEMENT_TIMEOUT', '0', 'statementTimeout', 0],
    ['STATEMENT_TIMEOUT', '500ms', 'statementTimeout', 500],
    ['STATEMENT_TIMEOUT', '90s', 'statementTimeout', 90_000],
    ['AUDIT_RETENTION', '30', 'auditDays', 30],
    ['AUDIT_RETENTION', 'never', 'auditDays', 0],
    ['SESSION_IDLE', '24h', 'sessionIdle', 86_400],
    ['SESSION_IDLE', 'never', 'sessionIdle', 0],
    ['LOG_LEVEL', 'silent', 'logLevel', 'silent'],
    ['CHUNK_INTERVAL', '12h', 'chunkSeconds', 12 * 3600],
    ['CHUNK_INTERVAL', '30d', 'chunkSeconds', 30 * 86_400],
    ['RETENTION_POLICY', 'policy.json', 'retentionPolicy', resolve('policy.json')],
  ])('%s=%s is taken', (name, text, field, value) => {
    expect(loadConfig({ [name]: text })).toHaveProperty(field, value);
  });

  test('DATABASE_READ_URL is taken beside DATABASE_URL', () => {
    const config = loadConfig({ DATABASE_URL: 'postgres://a/x', DATABASE_READ_URL: 'postgres://b/x' });
    expect(config.databaseReadUrl).toBe('postgres://b/x');
  });
});

describe('a bad value is refused with one sentence that names the variable and the value', () => {
  test.each([
    ['HOST', 'my host'],
    ['HOST', 'http://127.0.0.1'],
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', ' 80'],
    ['PORT', '0x50'],
    ['REPLICA_MAX_LAG', '0'],
    ['REPLICA_MAX_LAG', '500ms'],
    ['POOL_SIZE', '1'],
    ['POOL_SIZE', 'many'],
    ['PATH_PREFIX', 'esmond'],
    ['PATH_PREFIX', '/esmond/'],
    ['PATH_PREFIX', '/a//b'],
    ['PATH_PREFIX', '/:key'],
    ['READ_ACCESS', 'none'],
    ['READ_ACCESS', 'Public'],
    ['TRUST_PROXY', 'yes'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '2001:db8::/129'],
    ['TRUST_PROXY', '10.0.0.0/8/8'],
    ['TRUST_PROXY', 'loopback,'],
    ['BODY_LIMIT', '16 MB'],
    ['BODY_LIMIT', '0'],
    ['BODY_LIMIT', '1GiB'],
    ['BODY_LIMIT', '512MiB'],
    ['BODY_BUDGET', 'much'],
    ['BODY_BUDGET', '100'],
    ['MAX_POINTS', '0'],
    ['MAX_REQUESTS', '0'],
    ['RATE_LIMIT', '-1'],
    ['RATE_LIMIT', '10/s'],
    ['RATE_LIMIT_ADDRESS', 'off'],
    ['STATEMENT_TIMEOUT', '60'],
    ['STATEMENT_TIMEOUT', '2d'],
    ['AUDIT_RETENTION', '0'],
    ['AUDIT_RETENTION', '30d'],
    ['SESSION_IDLE', '30s'],
    ['SESSION_IDLE', 'always'],
    ['LOG_LEVEL', 'verbose'],
    ['CHUNK_INTERVAL', '30'],
    ['CHUNK_INTERVAL', '0d'],
    ['CHUNK_INTERVAL', '30m'],
    ['CHUNK_INTERVAL', '3651d'],
  ])('%s=%s', (name, text) => {
    const refusal = refusalOf({ [name]: text });
    expect(refusal).toBeInstanceOf(OperatorError);
    expect(refusal?.message).toMatch(new RegExp(`^${name} must be [^\n]+\\.$`));
    expect(refusal?.message).toContain(`"${text}"`);
  });

  test('DATABASE_READ_URL without DATABASE_URL', () => {
    const refusal = refusalOf({ DATABASE_READ_URL: 'postgres://b/x' });
    expect(refusal).toBeInstanceOf(OperatorError);
    expect(refusal?.message).toMatch(/^DATABASE_READ_URL needs DATABASE_URL/);
  });

  test.each([
    ['another scheme', 'postgre://u:secret@db/a'],
    ['no URL', 'secret.example.net'],
    ["libpq's keywords", 'host=db user=u password=secret dbname=a'],
    ['no host and no path', 'postgres://'],
    ['a bad port', 'postgres://u:secret@db:port/a'],
    ['a / in the password', 'postgres://u:12/secret@db/a'],
    ['a # in the password', 'postgres://u:12#secret@db/a'],
    ['a ? in the password', 'postgres://u:12?secret@db/a'],
    ['a bare % in the password', 'postgres://u:secret%@db/a'],
    ['a % that begins no character', 'postgres://u:secret%ff@db/a'],
    ['a certificate that is not there', 'postgres://u:secret@db/a?sslrootcert=/nowhere.pem'],
  ])('a URL of a database, without showing it: %s', (_what, text) => {
    const other: Record<string, string> = { DATABASE_URL: 'postgres://a/b', DATABASE_READ_URL: text };
    for (const env of [{ DATABASE_URL: text }, other]) {
      const refusal = refusalOf(env);
      expect(refusal).toBeInstanceOf(OperatorError);
      expect(refusal?.message).toMatch(new RegExp(`^${Object.keys(env).at(-1)!} must be a URL like [^\n]+\\.$`));
      expect(refusal?.message).not.toContain('secret');
    }
  });
});

describe('without DATA_DIR, root keeps the data', () => {
  let home: string;
  beforeEach(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'marigram-config-')));
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
  });
  const usual = (): string => join(home, 'clone', 'data');

  test('in ./data where its parents are open to all', () => {
    chmodSync(home, 0o711);
    expect(closedDirectory(usual())).toBeUndefined();
    expect(defaultDataDir(usual(), true)).toBe(usual());
  });

  test('in /var/lib/marigram where one of them is closed, as /root is', () => {
    chmodSync(home, 0o700);
    expect(closedDirectory(usual())).toBe(home);
    expect(defaultDataDir(usual(), true)).toBe(SYSTEM_DATA_DIR);
    expect(defaultDataDir(usual(), false)).toBe(usual());
  });

  test('where they are already', () => {
    chmodSync(home, 0o700);
    mkdirSync(join(usual(), 'postgres'), { recursive: true });
    writeFileSync(join(usual(), 'postgres', 'PG_VERSION'), '18\n');
    expect(defaultDataDir(usual(), true)).toBe(usual());
  });
});

test.each(['README.md', 'docs/operations.md'])('%s has a line for each variable, and for no other', (name) => {
  const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const variables = [...read('src/config/config.ts').matchAll(/\bread\(\s*'([A-Z_]+)'/g)].map(
    ([, variable]) => variable,
  );
  const documented = [...read(name).matchAll(/^\| `([A-Z_]+)`/gm)].map(([, variable]) => variable);
  expect(variables.length).toBeGreaterThan(15);
  expect(documented.sort()).toEqual(variables.sort());
});

function refusalOf(env: Record<string, string>): Error | undefined {
  try {
    loadConfig(env);
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

test.each([
  [{}, 'http://localhost:8080/esmond/perfsonar/archive/'],
  [{ PORT: '9000', PATH_PREFIX: '/ma', HOST: '::' }, 'http://localhost:9000/ma/perfsonar/archive/'],
  [{ PATH_PREFIX: '/', HOST: '2001:db8::7' }, 'http://[2001:db8::7]:8080/perfsonar/archive/'],
])('the archive of a server with %j is at %s', (env, url) => {
  expect(archiveUrlOf(env)).toBe(url);
});
