import { startArchive, type TestArchive } from '../../../test/support/archive.js';
import {
  ApiConnect,
  type ConnectOptions,
  EventTypePost,
  type FilterFields,
  type Metadata,
  MetadataPost,
  type MetadataPostOptions,
} from '../../src/index.js';

/** An archive, and what a client must know to write to it. */
export interface TestClient {
  readonly archive: TestArchive;
  readonly url: string;
  readonly auth: { username: string; apiKey: string };
  /** The metadata that a search finds. */
  find(filters?: FilterFields, options?: ConnectOptions): Promise<Metadata[]>;
  /** Registers a new metadata with these event types. */
  register(...eventTypes: string[]): Promise<Metadata>;
  /** A metadata post that no other call has made. */
  newPost(): MetadataPost;
  /** Stores points of one event type. */
  store(metadata: Metadata, eventType: string, points: readonly (readonly [ts: number, val: number])[]): Promise<void>;
  close(): Promise<void>;
}

let count = 0;

/** The fields of a metadata. */
export const PAIR = {
  subjectType: 'point-to-point',
  source: '10.10.0.1',
  destination: '10.10.0.2',
  measurementAgent: '10.10.0.2',
  toolName: 'bwctl/iperf3',
  inputSource: 'host1',
  inputDestination: 'host2',
  timeDuration: 30,
} as const satisfies Partial<MetadataPostOptions>;

/** All items of an iterator. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('this should have failed');
}

/** Starts an archive. */
export async function startClient(env: Record<string, string> = {}): Promise<TestClient> {
  const archive = await startArchive(env);
  const url = await archive.app.getUrl();
  const auth = { username: 'tester', apiKey: archive.auth.replace('Token ', '') };
  const newPost = (): MetadataPost =>
    new MetadataPost(url, { ...auth, ...PAIR }).addFreeformKeyValue('test-number', ++count);
  return {
    archive,
    url,
    auth,
    find: (filters, options) => all(new ApiConnect(url, filters, { ...auth, ...options }).getMetadata()),
    newPost,
    register: (...eventTypes) => {
      const post = newPost();
      for (const eventType of eventTypes) post.addEventType(eventType);
      return post.postMetadata();
    },
    store: async ({ metadataKey }, eventType, points) => {
      const post = new EventTypePost(url, { ...auth, metadataKey, eventType });
      for (const [ts, val] of points) post.addDataPoint(ts, val);
      await post.postData();
    },
    close: () => archive.close(),
  };
}
