// Writes openapi.json from the built server; with --check it only says whether the file is what it should be.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { defaultDocument } from '../dist/src/openapi.js';

const file = fileURLToPath(new URL('../openapi.json', import.meta.url));
const options = { ...(await resolveConfig(file)), filepath: file };
const text = await format(JSON.stringify(await defaultDocument()), options);

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    console.error('openapi.json is not what the code says: run npm run openapi');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}
