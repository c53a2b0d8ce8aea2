/** More positions than these are thinned out: a replica that is away for long is measured less finely. */
const MOST_SAMPLES = 1000;

/**
 * How far a replica is behind: the time since the primary's log was no further than the replica is now. Times in
 * milliseconds of one monotonic clock, positions in bytes of the log.
 */
export class ReplicaLag {
  /** What the replica has not replayed yet, oldest first. */
  private samples: { at: number; position: bigint }[] = [];
  private begun: number | undefined;
  private latest = 0;
  /** The time of the last position of the primary that the replica has replayed. */
  private reached: number | undefined;
  private required = -Infinity;

  /** Notes where the log of the primary ended at a time. */
  sample(at: number, position: bigint): void {
    // Another primary took over, further back in the log.
    const last = this.samples.at(-1);
    if (last && position < last.position) this.samples = [];
    this.samples.push({ at, position });
    if (this.samples.length > MOST_SAMPLES) this.samples = this.samples.filter((_sample, index) => index % 2 === 1);
    this.begun ??= at;
    this.latest = at;
  }

  /** Notes how far the replica is now. */
  replayed(position: bigint): void {
    const behind = this.samples.findIndex((sample) => sample.position > position);
    const reached = behind === -1 ? this.samples : this.samples.slice(0, behind);
    this.reached = reached.at(-1)?.at ?? this.reached;
    this.samples = this.samples.slice(reached.length);
  }

  /** Makes the lag unknown until the replica has all that the primary had at this time. */
  require(at: number): void {
    this.required = at;
  }

  /** Whether the replica has been seen to follow this primary, and to have what is required. */
  get isKnown(): boolean {
    return this.reached !== undefined && this.reached >= this.required;
  }

  /** In seconds; 0 where the replica has replayed all there was. Without a replay that was seen, at least so many. */
  get seconds(): number {
    return (this.latest - (this.reached ?? this.begun ?? this.latest)) / 1000;
  }
}
