import { type SeriesPlan } from '../../points/write-plan.js';
import { type BatchPart } from './batch-part.js';

/** The points that a batch stores, or some of its parts. */
export interface BatchPlans {
  /** What it changes of each series, in the order of their ids; known once `lock` has resolved. */
  readonly planned: readonly SeriesPlan[];
  /** The number of points that are inserted or replaced. */
  readonly stored: number;
  /** Whether the transaction with this id stored the points. A batch that stores none gives no evidence against it. */
  isStoredBy(transactionId: string): Promise<boolean>;
}

/** A part that stores points. */
export interface PlanningPart extends BatchPart, BatchPlans {}

/** The plans of parts, none of which has a series of another one. */
export function together(parts: readonly PlanningPart[]): BatchPlans {
  const [only, ...others] = parts;
  if (only && others.length === 0) return only;
  return {
    get planned() {
      return parts.flatMap(({ planned }) => planned).sort((a, b) => a.series.id - b.series.id);
    },
    get stored() {
      return parts.reduce((sum, { stored }) => sum + stored, 0);
    },
    async isStoredBy(transactionId) {
      for (const part of parts) if (!(await part.isStoredBy(transactionId))) return false;
      return true;
    },
  };
}
