import { type ApiConnect, ApiError, type EventTypeInfo } from 'marigram-client';

/** The statuses of an archive that does not know what event types can be declared: an esmond. */
const UNKNOWN: readonly number[] = [404, 405];

/** The event types that an archive takes, by name; none of an archive that does not list them. Throws an `ArchiveError`. */
export async function eventTypesOf(archive: ApiConnect): Promise<ReadonlyMap<string, EventTypeInfo>> {
  const found = new Map<string, EventTypeInfo>();
  try {
    for await (const eventType of archive.getEventTypes()) found.set(eventType.name, eventType);
  } catch (error) {
    if (!(error instanceof ApiError && UNKNOWN.includes(error.status))) throw error;
  }
  return found;
}
