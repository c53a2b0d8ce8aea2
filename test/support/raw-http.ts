import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** By name in lower case; of a repeated header the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How long to wait for the end of a connection, in milliseconds. */
const PATIENCE = 20_000;

/**
 * Sends bytes over a connection of its own, in pieces with pauses between them, says that no more will come, and returns
 * every answer that comes until the server closes: none where it just closes.
 * Throws where the server neither answers nor closes, or where what it says is no HTTP.
 * @param isHead whether the (first) request is a HEAD, whose answer has no body.
 */
export async function exchange(
  { hostname, port }: URL,
  pieces: readonly Buffer[],
  pause: number,
  isHead: boolean,
): Promise<RawAnswer[]> {
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const received: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => received.push(bytes));
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('end', resolve);
    socket.on('close', () => {
      resolve();
    });
    // The server may close while this side still sends, which is its right.
    socket.on('error', () => {
      resolve();
    });
    socket.setTimeout(PATIENCE, () => {
      reject(new Error(`no answer and no end: ${String(Buffer.concat(pieces).subarray(0, 500))}`));
    });
  });
  try {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await sleep(pause);
      if (socket.writable) socket.write(piece);
    }
    socket.end();
    await closed;
  } finally {
    socket.destroy();
  }
  return parse(Buffer.concat(received), isHead);
}

function parse(bytes: Buffer, isHead: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`a head without an end: ${String(rest)}`);
    const [statusLine = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const match = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine);
    if (!match) throw new Error(`no status line: ${statusLine}`);
    const status = Number(match[1]);
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    rest = rest.subarray(end + 4);
    if (status < 200) continue;
    // What is no HTTP is refused before its method is known, with a body.
    const isRefusal = rest.length > 0 && !rest.subarray(0, 5).equals(Buffer.from('HTTP/'));
    const hasBody = (!(isHead && answers.length === 0) || isRefusal) && status !== 204 && status !== 304;
    const [body, after] = hasBody ? bodyOf(rest, headers) : [Buffer.alloc(0), rest];
    answers.push({ status, headers, body });
    rest = after;
  }
  return answers;
}

function bodyOf(bytes: Buffer, headers: Record<string, string>): [body: Buffer, rest: Buffer] {
  if (headers['transfer-encoding'] === 'chunked') {
    const chunks: Buffer[] = [];
    let rest = bytes;
    for (;;) {
      const end = rest.indexOf('\r\n');
      const size = parseInt(rest.subarray(0, end).toString('latin1'), 16);
      if (end < 0 || Number.isNaN(size)) throw new Error('a broken chunk');
      chunks.push(rest.subarray(end + 2, end + 2 + size));
      rest = rest.subarray(end + 2 + size + 2);
      if (size === 0) return [Buffer.concat(chunks), rest];
    }
  }
  const length = headers['content-length'] === undefined ? bytes.length : Number(headers['content-length']);
  return [bytes.subarray(0, length), bytes.subarray(length)];
}
