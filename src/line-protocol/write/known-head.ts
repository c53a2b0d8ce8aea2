import { type FieldSeries } from '../../storage/databases/field-series-store.js';
import { type Head } from '../parse/head.js';

/** No line can have a tag, and none only a field, of this name. */
export const TIME = 'time';

/** A head with what is known of its metadata. */
export class KnownHead implements Head {
  readonly measurement: string;
  readonly tags: Head['tags'];
  /** Whether a tag has a name that none can have. */
  readonly hasTimeTag: boolean;
  /** Its metadata; `undefined` where that is not looked up, or there is no room for it. */
  registered: FieldSeries | undefined;

  /** @param key database and text. */
  constructor(
    { measurement, tags }: Head,
    readonly key: string,
  ) {
    this.measurement = measurement;
    this.tags = tags;
    this.hasTimeTag = tags.some(([name]) => name === TIME);
  }
}

/** Stands for all heads that are more than the database of a request can have: they take no memory. */
export const NO_ROOM = new KnownHead({ measurement: '', tags: [] }, '');
