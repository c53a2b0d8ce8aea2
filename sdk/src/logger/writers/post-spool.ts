/** A request to an archive that may be sent again. */
export interface ArchivePost {
  readonly kind: 'lines' | 'annotation';
  /** Behind the URL of the server, with the query. */
  readonly path: string;
  readonly idempotencyKey?: string | undefined;
  readonly body: string;
  /** How many records or events are in it. */
  readonly items: number;
}

/** Requests on a disk, on their way to an archive. */
export interface PostSpool {
  /** The records and events in those that the archive has not acknowledged. */
  readonly pending: number;
  /** Resolves when the request is on the disk; it is sent in its turn. */
  append(post: ArchivePost): Promise<undefined>;
  /** Waits a while for the archive, and stops; what is left is sent by the next process. */
  close(): Promise<void>;
}

/**
 * Opens a spool, and goes on to send what an earlier process left in it.
 * @param send resolves to what the archive says of lines that it does not take.
 * @param backoffMs the pause before the first repeat, doubled each time.
 */
export type OpenSpool = (
  directory: string,
  send: (post: ArchivePost) => Promise<string | undefined>,
  backoffMs: number | undefined,
) => Promise<PostSpool>;
