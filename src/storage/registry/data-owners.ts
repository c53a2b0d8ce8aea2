import { type DataTypeName } from '../../event-types/data-types.js';
import { type SummaryType } from '../../rollups/summary-kinds.js';
import { type Sql } from '../../postgres/sql.js';

/*
 * What the registry asks of the rooms that own the data of its series. They lie above it and import it, so the module
 * hands them in.
 */

/** The owner of the points. */
export abstract class PointOwner {
  /**
   * An SQL condition: the series has a point that is at or after all times `from`, and at or before all times `to`.
   * All parameters are SQL expressions.
   */
  abstract hasPoint(series: string, from: readonly string[], to: readonly string[]): string;
}

/** A summary that was added to a series. */
export interface AddedSummary {
  readonly series: number;
  readonly dataType: DataTypeName;
  readonly type: SummaryType;
  /** In seconds. */
  readonly window: number;
  /** Whether the series had no other summary of this window. */
  readonly isNewWindow: boolean;
  /** Whether the series has points already, which are kept. */
  readonly hasPoints: boolean;
}

/** The owner of the bins. */
export abstract class BinOwner {
  /** Called inside the transaction that adds summaries, which holds the locks of their series. */
  abstract summariesAdded(sql: Sql, summaries: readonly AddedSummary[]): Promise<void>;
}
