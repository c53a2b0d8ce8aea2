/** A time, to the second; `-` where there is none. */
export function timeOf(date: Date | null): string {
  return date === null ? '-' : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
