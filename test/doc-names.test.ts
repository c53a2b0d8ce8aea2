import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './support/process.js';

const SOURCES = ['src', 'sdk/src', 'sdk/test', 'test', 'bench', 'scripts', 'migrations'];

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`);

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'sdk/README.md', 'examples/README.md'],
  ...filesBelow('docs').filter((name) => name.endsWith('.md')),
];

/** What programs write into the checkout. */
const IGNORED = readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n');

const files = SOURCES.flatMap(filesBelow);
const texts = files.filter((name) => /\.[tj]s$/.test(name)).map((name) => readFileSync(join(ROOT, name), 'utf8'));

/** The code in the running text of a page, without its blocks. */
function spansOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
}

/** Whether a text is a path in the repository, from its top or the end of one of a source; or an ignored one. */
function isPath(path: string): boolean {
  return (
    IGNORED.includes(`/${path}`) ||
    existsSync(join(ROOT, path)) ||
    files.some((name) => name === path || name.endsWith(`/${path.replace(/\/$/, '')}`))
  );
}

/** Whether the class, interface or object `name` stands in a file that has the member, too. */
function hasMember(name: string, member: string): boolean {
  const declared = new RegExp(`\\b(class|interface|type|const|function|enum) ${name}\\b`);
  return texts.some((text) => declared.test(text) && new RegExp(`\\b${member}\\b *[(<:=?!;]`).test(text));
}

describe('what the pages name exists:', () => {
  test.each(PAGES)('%s', (page) => {
    // There `point.ts` is the time of a point.
    const isOfSdk = page === 'docs/sdk.md' || page === 'sdk/README.md';
    const missing = spansOf(page).filter((span) => {
      if (/^[\w-]+(\.[\w-]+)*\.ts$/.test(span)) return !isOfSdk && !files.some((name) => basename(name) === span);
      if (/^[\w-]+(\/[\w.-]+)+\.[tj]s$/.test(span)) return !isPath(span);
      if (/^(src|sdk|test|bench|scripts|migrations|docs|storage)\/[\w./-]*$/.test(span)) return !isPath(span);
      const [, name = '', member = ''] = /^([A-Z]\w*[a-z]\w*)\.(\w+)(?:\(\))?$/.exec(span) ?? [];
      return name !== '' && !hasMember(name, member);
    });
    expect(missing).toEqual([]);
  });

  test('and the test would see what does not', () => {
    expect(['src/nothing/', 'data/nothing.ts'].some(isPath)).toBe(false);
    expect(hasMember('SeriesStore', 'lock')).toBe(true);
    expect(hasMember('SeriesStore', 'nothingOfThisName')).toBe(false);
  });
});
