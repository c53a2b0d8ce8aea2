import { type DataTypeName } from './data-types.js';
import { type EventTypeInfo as WireEventType } from './generated/index.js';

/** An event type that the archive takes, as `/api/v1/event-types` lists it. */
export interface EventTypeInfo {
  readonly name: string;
  readonly dataType: DataTypeName;
  /** The unit of its numbers; `undefined` where they have none, or none that is known. */
  readonly unit: string | undefined;
  /** What it says; may be empty. */
  readonly description: string;
  /** Whether every archive has it; the others were declared by an admin. */
  readonly isBuiltIn: boolean;
}

/** @internal */
export function eventTypeInfo({ name, unit, description, ...wire }: WireEventType): EventTypeInfo {
  const isBuiltIn = wire['built-in'];
  return { name, dataType: wire['data-type'], unit: unit ?? undefined, description, isBuiltIn };
}
