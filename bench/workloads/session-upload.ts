import { type Measurement } from '../load.js';
import { asBenchPoints, rowsOf, type StreamPoints, type StreamSpec } from '../stream-points.js';
import { type StreamBody, Streams } from '../streams.js';
import { type Field, type Target, type Workload } from './workload.js';

const STREAMS = 8;
/** Rows of a body. */
const OF_BODY = 10_000;
/** Bodies of a round, for each stream. */
const BODIES = 3;

/** What tells one kind of upload from another. */
export interface UploadOptions {
  readonly name: string;
  readonly title: string;
  readonly stream: StreamBody;
  /** No two workloads begin at the same time. */
  readonly points: StreamSpec;
  readonly target: Target;
}

/** PUT of 10,000 rows each, to 8 streams of a session, each over its own connection (B1–B4). The limit is `COPY`. */
export class SessionUpload implements Workload {
  readonly unit = 'kpoints/s';
  readonly amount = STREAMS * BODIES * OF_BODY;
  readonly name: string;
  readonly title: string;
  readonly target: Target;
  private streams: Streams | undefined;

  constructor(
    private readonly field: Field,
    private readonly options: UploadOptions,
  ) {
    this.name = options.name;
    this.title = options.title;
    this.target = options.target;
  }

  async prepare(): Promise<void> {
    const { points, stream } = this.options;
    this.streams = await Streams.register(this.field.archive, STREAMS, points.begin, stream);
  }

  limit(round: number): Promise<Measurement | undefined> {
    // Series of its own for each workload, beyond those of bulk writes.
    const first = this.options.points.begin;
    const points = this.bodies(round).flatMap((ofOne) =>
      ofOne.flatMap((body) => asBenchPoints(body, first + body.stream)),
    );
    return this.field.copy?.copy(points) ?? Promise.resolve(undefined);
  }

  /** One connection for each stream, so that its rows come in their order, as a client sends them. */
  async ours(round: number): Promise<Measurement> {
    const { streams } = this;
    if (!streams) throw new Error(`${this.name} is not prepared`);
    const loads = this.bodies(round).map((bodies) => bodies.map((body) => streams.put(body)));
    const all = await Promise.all(
      loads.map((requests) => this.field.archive.drive({ connections: 1, requests, status: 200 })),
    );
    return {
      seconds: Math.max(...all.map(({ seconds }) => seconds)),
      latencies: all.flatMap(({ latencies }) => latencies),
    };
  }

  /** The bodies of each stream go on where those of the round before ended. */
  private bodies(round: number): StreamPoints[][] {
    return Array.from({ length: STREAMS }, (_, stream) =>
      Array.from({ length: BODIES }, (__, index) =>
        rowsOf(this.options.points, stream, (round * BODIES + index) * OF_BODY, OF_BODY),
      ),
    );
  }
}
