import { type RowSource } from '../../postgres/row-source.js';
import { type Sql } from '../../postgres/sql.js';
import { pagedSource } from './paged-source.js';
import { copyOf, indexOfPlace, inPlaceOrder, isBefore, type Place } from './place-order.js';
import { type PointRange } from './point-source.js';
import { type PointRun, PointSlice, reversed } from './point-slice.js';
import { MAX_SEGMENT_POINTS } from './segment-codec.js';
import { packedRun } from './segment.js';
import { beginOfHour } from './stream-hours.js';
import { loadVersions, type StreamSpan, streamSpans } from './stream-spans.js';

/** The segments that one statement lists: few at first, since most reads end soon. */
const FIRST_LISTED = 16;
const MAX_LISTED = 1024;
const GROWTH = 4;

/** What one statement loads at most, unless a single segment is larger. */
const MAX_LOADED_POINTS = 4 * MAX_SEGMENT_POINTS;
const MAX_LOADED_BYTES = 4 * 1024 ** 2;

/** The points that wait for others before them, at most, when the next ones are loaded. */
const MAX_PENDING_POINTS = 32 * MAX_SEGMENT_POINTS;

/** Segments in the order in which they are read. */
interface Listing {
  readonly spans: readonly StreamSpan[];
  /** All points before this place (descending: from it on) lie in these segments. */
  readonly bound: Place;
  /** Whether nothing follows. */
  readonly isLast: boolean;
}

/**
 * The points of a range of a stream in its order, which is that of (time, row number), or the reverse one. Segments that
 * overlap are merged; the memory that takes is bounded, however many do.
 * @param chunkBegin the begin of the chunk that a time (micros) falls into; −Infinity where it has none.
 * @param count the number of points of the range.
 */
export function streamSource(
  sql: Sql,
  range: PointRange,
  chunkBegin: (micros: number) => number,
  count: () => Promise<number>,
): RowSource<PointSlice> {
  return pagedSource((most) => new StreamReader(sql, range, chunkBegin, most).slices(), count);
}

/**
 * Reads a range of a stream once. Segments are listed without their data, and loaded a few at a time. A point is handed out
 * when no segment that is still to be loaded can have one before it. Each listing is a snapshot: a segment that the packer
 * has replaced meanwhile ends it, and the rest of the range is listed anew.
 */
class StreamReader {
  /** What is not handed out yet lies from `begin` (inclusive) to `end` (exclusive). */
  private begin: Place;
  private end: Place;

  /** @param wanted how many points will be read, at most. */
  constructor(
    private readonly sql: Sql,
    private readonly range: PointRange,
    private readonly chunkBegin: (micros: number) => number,
    private readonly wanted: number,
  ) {
    this.begin = { micros: range.begin, row: 0 };
    this.end = { micros: range.end, row: Infinity };
  }

  async *slices(): AsyncGenerator<PointSlice, undefined, undefined> {
    for (let most = FIRST_LISTED; ;) {
      const listing = await this.list(most);
      if (this.isAhead(listing.bound)) {
        yield* this.read(listing);
        most = Math.min(GROWTH * most, MAX_LISTED);
      } else if (listing.isLast) return;
      // So many segments overlap that more of them must be known before any point can be handed out.
      else most *= 2;
    }
  }

  /** Whether a place is not reached yet. */
  private isAhead(place: Place): boolean {
    return this.range.descending ? isBefore(place, this.end) : isBefore(this.begin, place);
  }

  private async list(most: number): Promise<Listing> {
    const { series, descending } = this.range;
    const { begin, end } = this;
    const range = { series, begin, end, chunkBegin: this.chunkBegin(begin.micros) };
    const spans = await streamSpans(this.sql, range, descending, most + 1);
    const next = spans[most];
    if (next) return { spans: spans.slice(0, most), bound: this.reach(next), isLast: false };
    if (!descending) return { spans, bound: end, isLast: true };
    // Earlier hours are not listed yet.
    const hour = spans[0] ? beginOfHour(spans[0].first) : -Infinity;
    return hour > begin.micros
      ? { spans, bound: { micros: hour, row: 0 }, isLast: false }
      : { spans, bound: begin, isLast: true };
  }

  /** The place before which (descending: from which on) a segment has no points. */
  private reach({ first, row, last }: StreamSpan): Place {
    return this.range.descending ? { micros: last, row: Infinity } : { micros: first, row };
  }

  /** Hands out the points of listed segments up to the bound, or as far as the listing is up to date. */
  private async *read({ spans, bound }: Listing): AsyncGenerator<PointSlice, undefined, undefined> {
    let pending: PointRun[] = [];
    let limit = bound;
    for (let at = 0; this.isAhead(limit);) {
      const loaded = takeLoadable(spans, at, at === 0 ? this.wanted : Infinity);
      at += loaded.length;
      const segments = await loadVersions(this.sql, this.range.series, loaded);
      if (!segments) return;
      for (const segment of segments) pending.push(this.restOf(packedRun(segment), limit));
      const next = spans[at];
      const known = next ? this.nearer(this.reach(next), limit) : limit;
      if (this.isAhead(known)) {
        const slice = this.upTo(known, pending);
        pending = pending.map((run) => this.beyond(known, run)).filter(({ begin, end }) => begin < end);
        if (this.range.descending) this.end = known;
        else this.begin = known;
        if (slice.length > 0) yield slice;
      }
      if (sizeOf(pending) > MAX_PENDING_POINTS) [pending, limit] = this.nearest(pending);
    }
  }

  /** Those points of a run that are not read yet, up to a place. */
  private restOf(run: PointRun, limit: Place): PointRun {
    const [from, to] = this.range.descending ? [limit, this.end] : [this.begin, limit];
    const begin = indexOfPlace(run, from);
    return { ...run, begin, end: indexOfPlace(run, to, begin) };
  }

  /** The points up to a place, in the order of the range. */
  private upTo(place: Place, runs: readonly PointRun[]): PointSlice {
    const { descending } = this.range;
    const parts = runs.map((run) => {
      const index = indexOfPlace(run, place);
      return descending ? { ...run, begin: index } : { ...run, end: index };
    });
    const ordered = inPlaceOrder(parts);
    return new PointSlice(descending ? reversed(ordered) : ordered);
  }

  /** The others. */
  private beyond(place: Place, run: PointRun): PointRun {
    const index = indexOfPlace(run, place);
    return this.range.descending ? { ...run, end: index } : { ...run, begin: index };
  }

  /** Half as many points as may be pending: those that come first. Returns, too, where the others begin. */
  private nearest(pending: readonly PointRun[]): [PointRun[], Place] {
    const all = new PointSlice(inPlaceOrder(pending));
    const half = MAX_PENDING_POINTS / 2;
    const [kept, first] = this.range.descending
      ? [all.slice(all.length - half, all.length), all.length - half]
      : [all.slice(0, half), half];
    const { micros = 0, row = 0 } = all.at(first) ?? {};
    return [[copyOf(kept.runs)], { micros, row }];
  }

  private nearer(a: Place, b: Place): Place {
    return isBefore(a, b) === this.range.descending ? b : a;
  }
}

/** The segments from an index on that one statement loads; `wanted` points are enough. */
function takeLoadable(spans: readonly StreamSpan[], begin: number, wanted: number): StreamSpan[] {
  let [points, bytes, end] = [0, 0, begin];
  for (const most = Math.min(wanted, MAX_LOADED_POINTS); end < spans.length; end++) {
    if (end > begin && (points >= most || bytes >= MAX_LOADED_BYTES)) break;
    points += spans[end]?.points ?? 0;
    bytes += spans[end]?.bytes ?? 0;
  }
  return spans.slice(begin, end);
}

function sizeOf(runs: readonly PointRun[]): number {
  return runs.reduce((sum, { begin, end }) => sum + end - begin, 0);
}
