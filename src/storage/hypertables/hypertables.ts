/** What the rows of a hypertable hold: points, or bins of summaries. */
export type Content = 'points' | 'bins';

/** The hypertables, each with the column by which it is cut into chunks, and what its rows hold. */
export const HYPERTABLES = {
  point: { time: 'ts', content: 'points' },
  segment: { time: 'first', content: 'points' },
  rollup: { time: 'bin', content: 'bins' },
} as const satisfies Record<string, { time: string; content: Content }>;

/** The name of a hypertable. */
export type Hypertable = keyof typeof HYPERTABLES;

/** The names of all hypertables. */
export const HYPERTABLE_NAMES = Object.keys(HYPERTABLES) as readonly Hypertable[];

const BY_CONTENT: Readonly<Record<Content, readonly Hypertable[]>> = { points: of('points'), bins: of('bins') };

/** The hypertables whose rows hold this content. */
export function hypertablesOf(content: Content): readonly Hypertable[] {
  return BY_CONTENT[content];
}

function of(content: Content): readonly Hypertable[] {
  return HYPERTABLE_NAMES.filter((name) => HYPERTABLES[name].content === content);
}

/** Whether a table is a hypertable. */
export function isHypertable(table: string): table is Hypertable {
  return Object.hasOwn(HYPERTABLES, table);
}
