import { readFileSync } from 'node:fs';

/** The version of this program, from the nearest `package.json` above this file: sources and build lie at other depths. */
export function programVersion(): string {
  for (let directory = new URL('.', import.meta.url); ; directory = new URL('..', directory)) {
    try {
      const text = readFileSync(new URL('package.json', directory), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch (error) {
      if (directory.pathname === '/') throw error;
    }
  }
}
