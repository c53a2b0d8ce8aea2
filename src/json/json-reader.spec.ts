import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Invalid } from '../common/errors.js';
import { JsonReader, MAX_DEPTH } from './json-reader.js';
import { compact, itemsOf, membersOf, stringOf } from './json-text.js';

function accepts(text: string): boolean {
  const reader = JsonReader.ofBody(Buffer.from(text));
  try {
    reader.skip();
    reader.finish();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(Invalid);
    return false;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether the reader refuses a text on purpose though it is JSON: for NUL characters and numbers beyond the doubles. */
function isRefused(text: string): boolean {
  const numbers: number[] = [];
  JSON.parse(text, (_, value: unknown) => {
    if (typeof value === 'number') numbers.push(value);
    return value;
  });
  return text.includes('\\u0000') || !numbers.every(Number.isFinite);
}

describe('what is JSON', () => {
  test('any JSON is accepted, with any white space', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, '\t'), (text, indent) => {
        fc.pre(!isRefused(text));
        expect(accepts(JSON.stringify(JSON.parse(text), null, indent))).toBe(true);
      }),
    );
  });

  test('any text made of pieces of JSON is judged as JSON.parse judges it', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '"a"', '\\', '\\u00e9', '\\u12', '\\n', ' ', '\n', '\u0001', 'é', '😀'],
      ...['0', '-', '1', '01', '1.5', '.', '1e5', 'e', '+', 'true', 'false', 'null', 'nul', 'NaN', 'Infinity'],
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        expect(accepts(text), text).toBe(isJson(text) && !isRefused(text));
      }),
      { numRuns: 5000 },
    );
  });
});

test.each(['1e400', '-1e309', '9'.repeat(400), '"\\u0000"', '["\\u0000"]', '{"\\u0000":1}', '\ufeff1', ''])(
  '%j is refused, though other parsers take it',
  (text) => {
    expect(() => accepts(text) || fail(text)).toThrow();
  },
);

test('nesting is taken to 128 and not deeper', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(accepts(nested(MAX_DEPTH))).toBe(true);
  expect(accepts(nested(MAX_DEPTH + 1))).toBe(false);
  expect(accepts('{"a":'.repeat(100_000))).toBe(false);
  // Siblings don't add up.
  expect(accepts(`[${'[],'.repeat(1000)}[]]`)).toBe(true);
});

test('bytes that are no UTF-8 are refused', () => {
  expect(() => JsonReader.ofBody(Buffer.from([0x22, 0xff, 0x22]))).toThrow(Invalid);
});

test('a lone surrogate is refused where its text is asked for', () => {
  expect(() => stringOf({ kind: 'string', text: '"\\ud800"' })).toThrow(Invalid);
  expect(stringOf({ kind: 'string', text: '"\\ud83d\\ude00"' })).toBe('😀');
});

test('compacting drops white space outside strings and nothing else', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('\t', ' ', 3), (text, indent) => {
      const plain = JSON.stringify(JSON.parse(text));
      expect(compact(JSON.stringify(JSON.parse(text), null, indent))).toBe(plain);
    }),
  );
  expect(compact('{ "a b" : 1.0 , "c\\" " :\n[ 1e3 ] }')).toBe('{"a b":1.0,"c\\" ":[1e3]}');
});

test('members and items come with their source text; the last of equal keys counts', () => {
  const members = membersOf('{"a": 26.0, "__proto__": [1, {"x":  2}], "a": 1e3}');
  expect([...members].map(([key, { text }]) => [key, text])).toEqual([
    ['a', '1e3'],
    ['__proto__', '[1, {"x":  2}]'],
  ]);
  expect(itemsOf('[1, "b", null]').map(({ kind }) => kind)).toEqual(['number', 'string', 'null']);
});

function fail(text: string): never {
  throw new Error(`refused: ${text}`);
}
