import { type SummaryType } from '../rollups/summary-kinds.js';

/** Matches everything, in any field of a policy. */
export const ANY = '*';

/** The summary type of base points; their window is 0. */
export const BASE = 'base';

/** The event type of policies for annotations. */
export const ANNOTATION = 'annotation';

/** How long the data of some event types, summary types and windows are kept. */
export interface Policy {
  /** Only data of this database, whose fields are its event types; absent: data of databases and all others. */
  readonly database?: string | undefined;
  /** The name of an event type, or `*`. */
  readonly eventType: string;
  readonly summaryType: SummaryType | typeof BASE | typeof ANY;
  /** In seconds, or `*`. */
  readonly window: number | typeof ANY;
  /** The age in days at which the data expire. */
  readonly expire: number | 'never';
}

/** The policies of an archive. */
export class Policies {
  private readonly byKind = new Map<string, Policy>();

  /** @param policies the last of several for the same data counts. */
  constructor(policies: Iterable<Policy>) {
    for (const policy of policies)
      this.byKind.set(kindOf(policy.database, policy.eventType, policy.summaryType, policy.window), policy);
  }

  /** The effective policies, in the order of the file. */
  all(): Policy[] {
    return [...this.byKind.values()];
  }

  /**
   * The most specific policy for some data, or `undefined` if there is none. The database weighs most, then the event type,
   * then the summary type, then the window; if a specific branch leads to no policy, the general one is tried.
   * @param database `null` for data of none. An event type of a database is a field: policies without a database that
   * name an event type mean another one.
   */
  choose(eventType: string, summaryType: string, window: number, database: string | null = null): Policy | undefined {
    if (database === null) return this.first(undefined, [eventType, ANY], summaryType, window);
    return (
      this.first(database, [eventType, ANY], summaryType, window) ?? this.first(undefined, [ANY], summaryType, window)
    );
  }

  /** The policy for annotations: one that names them. `*` is for measured data. */
  forAnnotations(): Policy | undefined {
    return this.first(undefined, [ANNOTATION], BASE, 0);
  }

  private first(
    database: string | undefined,
    eventTypes: readonly string[],
    summaryType: string,
    window: number,
  ): Policy | undefined {
    for (const event of eventTypes)
      for (const type of [summaryType, ANY])
        for (const seconds of [window, ANY]) {
          const policy = this.byKind.get(kindOf(database, event, type, seconds));
          if (policy) return policy;
        }
    return undefined;
  }
}

/** A policy in words: `throughput average 86400: 365 days`, or `database k6, value base 0: 7 days`. */
export function describePolicy({ database, eventType, summaryType, window, expire }: Policy): string {
  const place = database === undefined ? '' : `database ${database}, `;
  return `${place}${eventType} ${summaryType} ${window}: ${expire === 'never' ? 'never' : `${expire} days`}`;
}

function kindOf(database: string | undefined, eventType: string, summaryType: string, window: number | string): string {
  return JSON.stringify([database, eventType, summaryType, window]);
}
