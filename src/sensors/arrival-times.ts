/** The times of points that come without one: micros of the server's clock, none of which is given out twice. */
export class ArrivalTimes {
  private last = -Infinity;

  next(): number {
    this.last = Math.max(Date.now() * 1000, this.last + 1);
    return this.last;
  }
}
