import { type FileHandle, open, rename } from 'node:fs/promises';
import { type TableHeader } from './table-format.js';

/** Lines of one second, by where they lie. */
interface Block {
  readonly offset: number;
  readonly length: number;
}

/** A file of a table of one stream: a line of JSON, and lines that are appended. */
export class TableFile {
  private readonly blocks = new Map<number, Block>();
  /** Whether its seconds ascend, each one there once. */
  private isInOrder = true;
  private lastSecond = -Infinity;
  private end: number;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly header: Buffer,
  ) {
    this.end = header.length;
  }

  /** Makes a file with its first line. Rejects where it is there already. */
  static async create(path: string, header: TableHeader): Promise<TableFile> {
    const line = Buffer.from(`${JSON.stringify(header)}\n`);
    const file = await open(path, 'wx+');
    await file.writeFile(line);
    return new TableFile(path, file, line);
  }

  /** Appends lines of points. */
  async append(lines: string): Promise<void> {
    await this.file.writeFile(lines);
  }

  /** Appends the lines of a second. They replace those that were appended for the same second before. */
  async appendSecond(second: number, lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    await this.file.writeFile(bytes);
    this.isInOrder &&= second > this.lastSecond;
    this.lastSecond = second;
    this.blocks.set(second, { offset: this.end, length: bytes.length });
    this.end += bytes.length;
  }

  /** Ends the file: seconds that came late are put in their place, and replaced ones are gone. */
  async close(): Promise<void> {
    if (!this.isInOrder) await this.rewrite();
    await this.file.close();
  }

  private async rewrite(): Promise<void> {
    const temporary = `${this.path}.new`;
    const ordered = await open(temporary, 'w');
    try {
      await ordered.writeFile(this.header);
      for (const [, { offset, length }] of [...this.blocks].sort(([a], [b]) => a - b)) {
        const { buffer } = await this.file.read(Buffer.alloc(length), 0, length, offset);
        await ordered.writeFile(buffer);
      }
    } finally {
      await ordered.close();
    }
    await rename(temporary, this.path);
  }
}
