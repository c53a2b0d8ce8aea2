/** Beyond this number every other sample is dropped: the lag of a replica that is away for long is measured coarsely. */
const MAX_SAMPLES = 1000;

/**
 * The lag of a replica: the time since the primary's log ended where the replica is now. Times are milliseconds of one
 * monotonic clock, positions are bytes of the log.
 */
export class ReplicaLag {
  /** Positions that the replica has not replayed yet, oldest first. */
  private samples: { at: number; position: bigint }[] = [];
  private begun: number | undefined;
  private latest = 0;
  /** The time of the last sample that the replica has replayed. */
  private reached: number | undefined;
  private required = -Infinity;

  /** Records where the primary's log ended at a time. */
  sample(at: number, position: bigint): void {
    // Another primary took over, further back in the log.
    const last = this.samples.at(-1);
    if (last && position < last.position) this.samples = [];
    this.samples.push({ at, position });
    if (this.samples.length > MAX_SAMPLES) this.samples = this.samples.filter((_sample, index) => index % 2 === 1);
    this.begun ??= at;
    this.latest = at;
  }

  /** Records the position that the replica has replayed now. */
  recordReplayed(position: bigint): void {
    const behind = this.samples.findIndex((sample) => sample.position > position);
    const reached = behind === -1 ? this.samples : this.samples.slice(0, behind);
    this.reached = reached.at(-1)?.at ?? this.reached;
    this.samples = this.samples.slice(reached.length);
  }

  /** Makes the lag unknown until the replica has replayed all that the primary had at this time. */
  require(at: number): void {
    this.required = at;
  }

  /** Whether the replica was seen to follow this primary, and has replayed what is required. */
  get isKnown(): boolean {
    return this.reached !== undefined && this.reached >= this.required;
  }

  /** The lag in seconds; 0 if all is replayed. A lower bound until a replay is seen. */
  get seconds(): number {
    return (this.latest - (this.reached ?? this.begun ?? this.latest)) / 1000;
  }
}
