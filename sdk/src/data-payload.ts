import { type PointOf } from './data-point.js';
import { type DataTypeName } from './data-types.js';

/** Points that were read, all of them. */
export class DataPayload<V> {
  private constructor(
    /** The kind of the values. Averages are `float`, statistics `json`, aggregations what their event type is. */
    readonly dataType: DataTypeName,
    /** By time, in the order that was asked for. */
    readonly data: readonly PointOf<V>[],
    /**
     * Seconds after which a repeat will find more, while the archive still fills a summary that was asked for lately:
     * then `data` has the windows that are done. `undefined` where everything is here.
     */
    readonly retryAfter: number | undefined,
  ) {}

  /** @internal Reads to the end. */
  static async collect<V>(
    dataType: DataTypeName,
    points: AsyncGenerator<PointOf<V>, number | undefined, undefined>,
  ): Promise<DataPayload<V>> {
    const data: PointOf<V>[] = [];
    for (;;) {
      const { done, value } = await points.next();
      if (done) return new DataPayload(dataType, data, value);
      data.push(value);
    }
  }

  /** The points, so that a payload can be looped over. */
  [Symbol.iterator](): IterableIterator<PointOf<V>> {
    return this.data[Symbol.iterator]();
  }
}
