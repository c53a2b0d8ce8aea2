// Generates the core of the SDK from openapi.json. With --check it changes nothing, and fails where what is committed
// differs from what would be generated.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@hey-api/openapi-ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const committed = join(root, 'sdk', 'src', 'generated');
const PREFIX = '/esmond';
const check = process.argv.includes('--check');

/** The texts of all files under a directory, by their relative names. */
function textsOf(directory) {
  const names = readdirSync(directory, { recursive: true }).filter((name) => statSync(join(directory, name)).isFile());
  return new Map(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

/**
 * The document without what is no archive (health, metrics), and with paths that begin behind the prefix, which is the
 * admin's choice (PATH_PREFIX).
 */
function archivePart() {
  const document = JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8'));
  const paths = Object.entries(document.paths).flatMap(([path, operations]) =>
    path.startsWith(`${PREFIX}/`) ? [[path.slice(PREFIX.length), operations]] : [],
  );
  return { ...document, servers: [{ url: PREFIX }], paths: Object.fromEntries(paths) };
}

/** The SDK's tables of event types, data types and summaries, as a module. */
function tablesModule() {
  const { 'x-tables': tables } = JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8'));
  const { eventTypes, dataTypes, summaryTypes } = tables;
  const table = (comment, name, entries) =>
    `/** ${comment} */\nexport const ${name} = {\n${entries
      .map(([key, value]) => `  '${key}': ${JSON.stringify(value)},\n`)
      .join('')}} as const;\n`;
  const values = Object.entries(eventTypes).map(
    ([name, { dataType, unit, description }]) =>
      `  /** ${[unit, description].filter((text) => text).join('; ')} */\n  '${name}': ${dataTypes[dataType].type};\n`,
  );
  return [
    '// This file is auto-generated from the tables of openapi.json\n',
    "import type { JsonValue } from '../json-value.js';\nimport type { Histogram, Subinterval } from '../values.js';\n",
    table(
      'The data type of each built-in event type.',
      'DATA_TYPES',
      mapped(eventTypes, ({ dataType }) => dataType),
    ),
    table(
      'The summaries of each data type.',
      'SUMMARIES',
      mapped(dataTypes, ({ summaries }) => summaries),
    ),
    table(
      'The name of each summary in URLs, and the data type of its values: `null` for that of the points.',
      'SUMMARY_TYPES',
      Object.entries(summaryTypes),
    ),
    `/** What is read as \`val\` of each built-in event type. */\nexport interface BuiltInValues {\n${values.join('')}}\n`,
  ].join('\n');
}

function mapped(object, valueOf) {
  return Object.entries(object).map(([key, value]) => [key, valueOf(value)]);
}

/** Writes the core into a directory, which is emptied before. */
async function generate(path) {
  await createClient({
    input: archivePart(),
    output: { path, importFileExtension: '.js', clean: true },
    plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
    logs: { level: 'error', file: false },
  });
  writeFileSync(join(path, 'tables.gen.ts'), tablesModule());
}

if (check) {
  const fresh = mkdtempSync(join(tmpdir(), 'marigram-sdk-'));
  try {
    await generate(fresh);
    const [wanted, found] = [textsOf(fresh), textsOf(committed)];
    const names = new Set([...wanted.keys(), ...found.keys()]);
    const stale = [...names].filter((name) => wanted.get(name) !== found.get(name));
    if (stale.length > 0) {
      console.error(`Stale, run npm run sdk: ${stale.map((name) => relative(root, join(committed, name))).join(', ')}`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
} else {
  await generate(committed);
}
