const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** The names that are words; the others are units. */
const PLURALS: readonly string[] = ['year', 'month', 'day'];

/** How long before `now` a time is, in words: `3 min ago`, `2 days ago`, `in 1 h`; `never` if there is none. */
export function relativeTime(time: Date | undefined, now: number): string {
  if (time === undefined) return 'never';
  const seconds = Math.round((now - time.getTime()) / 1000);
  const [name, size] = UNITS.find((unit) => Math.abs(seconds) >= unit[1]) ?? ['s', 1];
  const count = Math.floor(Math.abs(seconds) / size);
  if (count === 0) return 'now';
  const words = `${count} ${name}${count > 1 && PLURALS.includes(name) ? 's' : ''}`;
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}

/** A time, to the second; `-` if there is none. */
export function timeOf(date: Date | null): string {
  return date === null ? '-' : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
