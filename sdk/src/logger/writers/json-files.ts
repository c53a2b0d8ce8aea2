import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';

/** Appends elements to the JSON array in a file, which is always whole: it is written beside, and renamed. */
export async function appendToArray(path: string, elements: readonly object[]): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '[]';
    throw error;
  });
  const before: unknown = JSON.parse(text);
  if (!Array.isArray(before)) throw new Error(`${path} holds no JSON array`);
  await writeFile(`${path}.new`, `${JSON.stringify([...(before as unknown[]), ...elements], undefined, 2)}\n`);
  await rename(`${path}.new`, path);
}

/** Appends elements to a file, one a line. */
export async function appendLines(path: string, elements: readonly object[]): Promise<void> {
  await appendFile(path, elements.map((element) => `${JSON.stringify(element)}\n`).join(''));
}
