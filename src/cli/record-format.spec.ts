import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { type RecordKind, writeRecords } from './record-format.js';
import { Screen } from './screen.js';

const EVIL = 'a\u001b[2J\u009b31m\u202e"b"';

const KIND: RecordKind<string> = {
  columns: ['name'],
  cellsOf: (name) => [name],
  jsonOf: (name) => JSON.stringify({ name }),
};

/** What is written of one record. */
async function written(format: 'csv' | 'json' | 'ndjson', isTTY: boolean): Promise<string> {
  const stdout = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream;
  const screen = new Screen(stdout, {});
  await writeRecords(screen, format, KIND, [EVIL]);
  await screen.flush();
  return String(stdout.read());
}

test('a terminal gets nothing that it would obey', async () => {
  for (const format of ['csv', 'json', 'ndjson'] as const)
    expect((await written(format, true)).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(JSON.parse(await written('ndjson', true))).toEqual({ name: EVIL });
});

test('a pipe gets records as they are', async () => {
  expect(await written('csv', false)).toBe(`name\n"${EVIL.replaceAll('"', '""')}"\n`);
  expect(JSON.parse(await written('json', false))).toEqual([{ name: EVIL }]);
});
