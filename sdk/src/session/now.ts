/** The time, in integer µs since 1970-01-01 UTC. It never goes back within a process. */
export function nowMicros(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}
