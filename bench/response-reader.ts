/** An answer; `body` is empty where nobody wanted it. */
export interface WireResponse {
  readonly status: number;
  readonly body: Buffer;
}

const END_OF_HEAD = '\r\n\r\n';

/** Reads one HTTP/1.1 answer from the pieces that arrive, with `Content-Length` or in chunks. */
export class ResponseReader {
  private unread: Buffer = Buffer.alloc(0);
  private readonly body: Buffer[] = [];
  private state: 'head' | 'body' | 'chunk size' | 'chunk' = 'head';
  private status = 0;
  /** The bytes that are still to come of the body, or of the chunk with its line end. */
  private rest = 0;
  private isLastChunk = false;

  constructor(private keep: boolean) {}

  /** Takes the next piece; returns the answer once it is complete. */
  push(data: Buffer): WireResponse | undefined {
    this.unread = this.unread.length > 0 ? Buffer.concat([this.unread, data]) : data;
    for (;;) {
      if (this.state === 'head') {
        if (!this.readHead()) return undefined;
      } else if (this.state === 'chunk size') {
        if (!this.readChunkSize()) return undefined;
      } else {
        this.take();
        if (this.rest > 0) return undefined;
        if (this.state === 'body' || this.isLastChunk) return { status: this.status, body: Buffer.concat(this.body) };
        this.state = 'chunk size';
      }
    }
  }

  private readHead(): boolean {
    const end = this.unread.indexOf(END_OF_HEAD);
    if (end < 0) return false;
    const head = this.unread.toString('latin1', 0, end);
    this.unread = this.unread.subarray(end + END_OF_HEAD.length);
    this.status = Number(head.slice(9, 12));
    this.keep ||= this.status >= 400;
    this.state = /\r\ntransfer-encoding: *chunked/i.test(head) ? 'chunk size' : 'body';
    this.rest = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    return true;
  }

  private readChunkSize(): boolean {
    const end = this.unread.indexOf('\r\n');
    if (end < 0) return false;
    const size = parseInt(this.unread.toString('latin1', 0, end), 16);
    this.unread = this.unread.subarray(end + 2);
    this.isLastChunk = size === 0;
    this.rest = size + 2;
    this.state = 'chunk';
    return true;
  }

  /** Takes what there is of the body or chunk; the two bytes that end a chunk are not part of the body. */
  private take(): void {
    const piece = this.unread.subarray(0, this.rest);
    const lineEnd = this.state === 'chunk' ? 2 : 0;
    if (this.keep) this.body.push(piece.subarray(0, Math.max(0, this.rest - lineEnd)));
    this.unread = this.unread.subarray(piece.length);
    this.rest -= piece.length;
  }
}
