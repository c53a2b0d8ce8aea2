/** Members of a meta and their texts, all of which it must have. */
export type MetaFilter = readonly (readonly [member: string, text: string])[];

/**
 * An SQL condition: a meta has members with these texts.
 * @param meta the column.
 * @param members and `texts` the parameters with the values of `metaValues`.
 */
export function metaMatches(meta: string, members: string, texts: string): string {
  return `NOT EXISTS (SELECT FROM unnest(${members}::text[], ${texts}::text[]) AS wanted (member, text)
                      WHERE ${meta} ->> wanted.member IS DISTINCT FROM wanted.text)`;
}

/** The two parameters of `metaMatches`. */
export function metaValues(filter: MetaFilter): [members: string[], texts: string[]] {
  return [filter.map(([member]) => member), filter.map(([, text]) => text)];
}
