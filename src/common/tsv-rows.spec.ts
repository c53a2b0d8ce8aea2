import { expect, test } from 'vitest';
import { BadPart } from './errors.js';
import { tsvRows } from './tsv-rows.js';

test.each([
  ['no rows', '', []],
  ['rows', 'a\tb\nc\td\n', [['a', 'b'], ['c', 'd']]], // prettier-ignore
  ['a last row without an end', 'a\tb\nc\td', [['a', 'b'], ['c', 'd']]], // prettier-ignore
  ['CRLF', 'a\tb\r\n"c"\td\r\n\t\r\n', [['a', 'b'], ['c', 'd'], ['', '']]], // prettier-ignore
  ['empty fields and lines', '\t\n\na\t', [['', ''], [''], ['a', '']]],
  ['quoted fields', '"a\tb"\t"c\r\nd"\n"e ""f"""\t""\n', [['a\tb', 'c\r\nd'], ['e "f"', '']]], // prettier-ignore
  ['quotes and CRs within a field', 'a"b\tc\rd\n\re"\tf\n', [['a"b', 'c\rd'], ['\re"', 'f']]], // prettier-ignore
])('reads %s', (_, text, rows) => {
  expect([...tsvRows(text)]).toEqual(rows);
});

test.each([
  ['a\tb\n"c\td\n', 'line 2: the quote of a field is not closed'],
  ['"a""', 'line 1: the quote of a field is not closed'],
  ['"a"b\tc\n', 'line 1: a quoted field goes on behind its quote'],
  ['"a"\rb\n', 'line 1: a quoted field goes on behind its quote'],
])('refuses %j', (text, message) => {
  expect(() => [...tsvRows(text)]).toThrow(BadPart);
  expect(() => [...tsvRows(text)]).toThrow(message);
});
