import { InvalidArgumentError } from 'commander';

/** What a limit bounds: the value of the other session, its difference from the base, or that in percent. */
type Measure = 'value' | 'difference' | 'percent';

/** A condition on two sessions that must not hold, such as `latency:q95>+5%`. */
export interface Check {
  readonly text: string;
  /** The name of streams; `*` for all. */
  readonly name: string;
  /** A member of the figures, or `d`; undefined for a share. */
  readonly figure: string | undefined;
  /** The category whose share is looked at; `x` stands for any digit. */
  readonly category: string | undefined;
  readonly operator: '>' | '>=' | '<' | '<=';
  readonly measure: Measure;
  readonly limit: number;
}

const PATTERN =
  /^(.+):(?:(cnt|average|stddev|q50|q90|q95|q99|q100|d)|share\((.+)\))\s*([<>]=?)\s*([+-])?(\d+(?:\.\d+)?)(%)?$/su;

const EXPECTED = 'expected such as latency:q95>+5%, latency:q99>200000 or codes:share(5xx)>1%';

/** Reads a check. Throws an `InvalidArgumentError`. */
export function parseCheck(text: string): Check {
  const [, name, figure, category, operator, sign, digits, percent] = PATTERN.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError(`"${text}" is no condition: ${EXPECTED}.`);
  const isShare = category !== undefined;
  if (isShare !== (percent !== undefined) && (isShare || sign === undefined))
    throw new InvalidArgumentError(
      isShare ? `"${text}": a share is in percent, such as 1%.` : `"${text}": a change has a sign, such as +5%.`,
    );
  if (figure === 'd' && (sign ?? percent) !== undefined)
    throw new InvalidArgumentError(`"${text}": D is a number from 0 to 1, such as 0.1.`);
  return {
    ...{ text, name, figure, category },
    operator: operator as Check['operator'], // as the pattern says
    measure: sign === undefined ? 'value' : isShare || percent === undefined ? 'difference' : 'percent',
    limit: Number(`${sign ?? ''}${digits}`),
  };
}

/** Collects a repeated option of checks. */
export function checks(text: string, others: Check[] = []): Check[] {
  return [...others, parseCheck(text)];
}
