import { parseBulk, type PostedPoint } from './parse-points.js';
import { type PlainBulk, scanPlainBulk } from './plain-bulk.js';

/** The points of a request. */
export class PostedPoints {
  private constructor(
    /** The points as columns, where the body is a plain one: then they need not become objects. */
    readonly plain: PlainBulk | undefined,
    private parsed: readonly PostedPoint[] | undefined,
    private readonly parse: () => readonly PostedPoint[],
  ) {}

  static one(point: PostedPoint): PostedPoints {
    return PostedPoints.of([point]);
  }

  static of(points: readonly PostedPoint[]): PostedPoints {
    return new PostedPoints(undefined, points, () => points);
  }

  /** The points of a bulk body, see `parseBulk`. Throws as it does. */
  static bulk(body: Buffer | undefined, most: number, metadataKey?: string): PostedPoints {
    const parse = (): readonly PostedPoint[] => parseBulk(body, most, metadataKey);
    const plain = body && metadataKey !== undefined ? scanPlainBulk(body, most) : undefined;
    return new PostedPoints(plain, plain ? undefined : parse(), parse);
  }

  /** All of them, in the order of the request. */
  get all(): readonly PostedPoint[] {
    return (this.parsed ??= this.parse());
  }
}
