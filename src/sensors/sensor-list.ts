import { parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';

/** The maximum of sensors in a page. */
export const MAX_LIST = 10_000;

/** Which sensors to list. */
export interface SensorList {
  readonly limit: number;
  /** The page begins after this id. */
  readonly after: string;
}

export function parseSensorList(query: Query): SensorList {
  return { limit: Math.min(parsePage(query).limit, MAX_LIST), after: query['after'] ?? '' };
}
