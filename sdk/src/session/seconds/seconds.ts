import { type HandedSecond, type StreamInfo } from '../backend.js';
import { type Bin, type BinKind } from './bin.js';
import { type Place, type SpillFile } from './spill-file.js';

const SECOND = 1_000_000;

/** How long after its second a point usually arrives at the latest. */
const PATIENCE = 10 * SECOND;

/** A second that was handed out. */
interface Sealed {
  readonly place: Place;
  readonly revision: number;
}

/**
 * The seconds of a stream, counted from the start of its session. One is handed out when points of ten seconds later
 * have come, and again, with the next revision, when points of it come after that. In memory are the seconds not handed
 * out, about ten; the others lie in a file.
 */
export class Seconds<V> {
  private readonly open = new Map<number, Bin<V>>();
  private readonly sealed = new Map<number, Sealed>();
  private latest = -Infinity;

  constructor(
    private readonly stream: StreamInfo,
    private readonly kind: BinKind<V>,
    private readonly start: number,
    private readonly spill: SpillFile,
  ) {}

  /** Adds points, and returns what is to be handed out now, in the order of time. */
  add(ts: Float64Array, values: ArrayLike<V>): HandedSecond[] {
    let [second, bin] = [NaN, undefined as Bin<V> | undefined];
    for (const [i, time] of ts.entries()) {
      // Both columns have the same length.
      const value = values[i] as V;
      const its = Math.floor((time - this.start) / SECOND);
      if (bin === undefined || its !== second) [second, bin] = [its, this.binOf(its)];
      bin.add(value);
      if (time > this.latest) this.latest = time;
    }
    return this.handOut((this.latest - PATIENCE - this.start) / SECOND);
  }

  /** Returns all that was not handed out yet. */
  rest(): HandedSecond[] {
    return this.handOut(Infinity);
  }

  private handOut(before: number): HandedSecond[] {
    const due = [...this.open.keys()].filter((second) => second + 1 <= before).sort((a, b) => a - b);
    return due.flatMap((second) => {
      const bin = this.binOf(second);
      const revision = (this.sealed.get(second)?.revision ?? 0) + 1;
      this.open.delete(second);
      this.sealed.set(second, { place: this.spill.write(bin.save()), revision });
      return bin.handed(this.stream, this.start + second * SECOND, revision);
    });
  }

  private binOf(second: number): Bin<V> {
    let bin = this.open.get(second);
    if (bin === undefined) {
      const sealed = this.sealed.get(second);
      bin = sealed ? this.kind.restore(this.spill.read(sealed.place)) : this.kind.create();
      this.open.set(second, bin);
    }
    return bin;
  }
}
