import { expect, test } from 'vitest';
import { SharedLookups } from './shared-lookups.js';

/** Look-ups that end when the test says so. */
class Source {
  readonly asked: string[] = [];
  private readonly open: ((value: string | Error) => void)[] = [];

  readonly find = (name: string): Promise<string> => {
    this.asked.push(name);
    return new Promise((resolve, reject) => {
      this.open.push((value) => {
        if (value instanceof Error) reject(value);
        else resolve(value);
      });
    });
  };

  answer(value: string | Error): void {
    this.open.shift()?.(value);
  }
}

test('who asks while a look-up runs shares the next one, which begins after all of them have asked', async () => {
  const source = new Source();
  const lookups = new SharedLookups(source.find);
  const first = lookups.get('a');
  const others = Array.from({ length: 100 }, () => lookups.get('a'));
  expect(source.asked).toEqual(['a']);
  source.answer('old');
  expect(await first).toBe('old');
  await Promise.resolve();
  expect(source.asked).toEqual(['a', 'a']);
  source.answer('new');
  expect(new Set(await Promise.all(others))).toEqual(new Set(['new']));
});

test('names do not wait for each other, and nothing is remembered', async () => {
  const source = new Source();
  const lookups = new SharedLookups(source.find);
  const answers = [lookups.get('a'), lookups.get('b')];
  source.answer('1');
  source.answer('2');
  expect(await Promise.all(answers)).toEqual(['1', '2']);
  const again = lookups.get('a');
  expect(source.asked).toEqual(['a', 'b', 'a']);
  source.answer('3');
  expect(await again).toBe('3');
});

test('a look-up that fails does so for those who share it, and not for those after it', async () => {
  const source = new Source();
  const lookups = new SharedLookups(source.find);
  const first = lookups.get('a');
  const second = lookups.get('a');
  source.answer(new Error('no'));
  await expect(first).rejects.toThrow('no');
  source.answer('yes');
  expect(await second).toBe('yes');
});
