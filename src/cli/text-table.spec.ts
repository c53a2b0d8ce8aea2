import { expect, test } from 'vitest';
import { printableJson, TextTable } from './text-table.js';

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

test('where whole columns do not fit, a row takes several lines, and nothing is cut that is needed whole', () => {
  const columns = [
    ...[
      { title: 'KEY', whole: true },
      { title: 'SOURCE', whole: true },
      { title: 'DESTINATION', whole: true },
    ],
    ...[
      { title: 'AGENT', whole: true, spare: true },
      { title: 'TOOL', spare: true },
    ],
    ...[{ title: 'EVENT TYPES' }, { title: 'UPDATED', whole: true }],
  ] as const;
  const key = '0123456789abcdef0123456789abcdef';
  const ipv6 = '2001:db8:1111:2222:3333:4444:5555:6661';
  const events = 'failures, throughput, packet-retransmits, packet-trace';
  for (const address of ['192.168.100.200', ipv6])
    for (const width of [80, 100, 120, 200]) {
      const rows = [[key, address, address.replace(/.$/, '2'), address, 'pscheduler/iperf3', events, '10 months ago']];
      const table = new TextTable(columns, rows, width);
      const text = [table.heading, ...rows.map((row) => table.line(row))].join('\n');
      for (const line of text.split('\n')) expect(line.length, `${width}\n${text}`).toBeLessThanOrEqual(width);
      for (const whole of [key, address, '10 months ago']) expect(text).toContain(whole);
    }
});

test('a later row that needs more room stands for itself', () => {
  const table = new TextTable([{ title: 'HOST', whole: true }, { title: 'TOOL' }], [['192.0.2.1', 'ping']], 40);
  const line = table.line(['2001:db8:1111:2222:3333:4444:5555', 'traceroute']);
  expect(line.split('\n')).toEqual(['2001:db8:1111:2222:3333:4444:5555', '  traceroute']);
});

test('the first word of a cell, an address, stays; the names behind it are cut', () => {
  const columns = [{ title: 'SOURCE', whole: 'first word' }, { title: 'WHAT' }] as const;
  const row = ['2001:db8:1:2:3:4:5:6 (ps1.example.net)', 'throughput'];
  expect(new TextTable(columns, [row], 32).line(row)).toBe('2001:db8:1:2:3:4:5:6 …  through…');
});

test('JSON on a terminal says what would have commanded it', () => {
  expect(printableJson('{"a":"\u009b31m\u202e"}')).toBe('{"a":"\\u009b31m\\u202e"}');
});
