import { encodeRequest, HttpConnection, type WireRequest } from './http-connection.js';

/** How long some work took, as a whole and request by request. */
export interface Measurement {
  readonly seconds: number;
  /** In milliseconds; empty where the work was no requests. */
  readonly latencies: readonly number[];
  /** What was measured where it is not the time of the work, in the workload's unit. */
  readonly value?: number | undefined;
}

/** A load: requests in their order, over so many connections, each of which has one in flight. */
export interface Load {
  readonly origin: string;
  readonly connections: number;
  readonly requests: readonly WireRequest[];
  /** The status that every answer must have. */
  readonly status: number;
}

/** Sends the requests of a load as fast as they are answered. Throws at the first answer of another status. */
export async function drive(load: Load): Promise<Measurement> {
  const latencies: number[] = new Array<number>(load.requests.length);
  const seconds = await sendAll(load, false, (index, milliseconds) => (latencies[index] = milliseconds));
  return { seconds, latencies };
}

/** Like `drive`, but returns the bodies of the answers. */
export async function collect(load: Load): Promise<Buffer[]> {
  const bodies: Buffer[] = [];
  await sendAll(load, true, (index, _milliseconds, body) => (bodies[index] = body));
  return bodies;
}

type Listener = (index: number, milliseconds: number, body: Buffer) => void;

async function sendAll(load: Load, keep: boolean, onAnswer: Listener): Promise<number> {
  const requests = load.requests.map(encodeRequest);
  const opened = await Promise.all(Array.from({ length: load.connections }, () => HttpConnection.open(load.origin)));
  try {
    // All connections take from the same iterator.
    const waiting = requests.entries();
    const begin = performance.now();
    await Promise.all(
      opened.map(async (connection) => {
        for (const [index, request] of waiting) {
          const sent = performance.now();
          const { status, body } = await connection.send(request, keep);
          onAnswer(index, performance.now() - sent, body);
          if (status !== load.status) throw new Error(refusal(load, index, status, body));
        }
      }),
    );
    return (performance.now() - begin) / 1000;
  } finally {
    for (const connection of opened) connection.close();
  }
}

function refusal({ requests, status: expected }: Load, index: number, status: number, body: Buffer): string {
  const request = requests[index];
  const name = `${request?.method ?? ''} ${request?.path ?? ''}`;
  return `${name}: ${status} instead of ${expected}: ${body.toString().slice(0, 500)}`;
}
