import { expect, test } from 'vitest';
import { TextTable } from './text-table.js';

const COLUMNS = [{ title: 'KEY', whole: true }, { title: 'WHAT' }, { title: 'N', align: 'right' }] as const;

function linesOf(rows: readonly string[][], width: number): string[] {
  const table = new TextTable(COLUMNS, rows, width);
  return [table.heading, ...rows.map((row) => table.line(row))];
}

test('columns stand in line, numbers at the right, and wide letters count twice', () => {
  const rows = [
    ['a', '世界', '1'],
    ['bcd', 'x', '100'],
  ];
  expect(linesOf(rows, Infinity)).toEqual(['KEY  WHAT    N', 'a    世界    1', 'bcd  x     100']);
});

test('what does not fit is cut with an ellipsis, except for what is needed whole', () => {
  const rows = [['0123456789abcdef', 'a long story of something', '1']];
  expect(linesOf(rows, 35)).toEqual(['KEY               WHAT            N', '0123456789abcdef  a long story …  1']);
});

test('columns that can be spared are left out where there is no room for all', () => {
  const columns = [{ title: 'KEY', whole: true }, { title: 'AGENT', spare: true }, { title: 'WHAT' }] as const;
  const row = ['0123456789abcdef', '192.0.2.1', 'throughput'];
  expect(new TextTable(columns, [row], 36).line(row)).toBe('0123456789abcdef  192.0.2…  through…');
  expect(new TextTable(columns, [row], 35).line(row)).toBe('0123456789abcdef  throughput');
});

test('nothing that is printed can command a terminal', () => {
  expect(linesOf([['\u001b[31m', 'a\nb', '\u009b1m']], Infinity).join('')).not.toMatch(/[\p{Cc}]/u);
});
