import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { validated } from '../common/validated.js';
import { JsonReader } from '../json/json-reader.js';
import { type JsonSlice, readMembers } from '../json/json-text.js';
import { Meta } from './meta.js';

/**
 * Reads a small JSON body as `JsonBody` does, into the DTO class of its parameter, and its member `meta` as a `Meta`.
 * Without a body, it is an object without members. Throws `Invalid`, naming the field.
 */
@Injectable()
export class MetaBody implements PipeTransform<Buffer | undefined, object> {
  protected readonly member: string = 'meta';

  transform(body: Buffer | undefined, { metatype }: ArgumentMetadata): object {
    if (metatype === undefined) throw new Error('the parameter has no class');
    const reader = JsonReader.ofBody(body && body.length > 0 ? body : Buffer.from('{}'));
    const kind = reader.kind();
    if (kind !== 'object') throw new Invalid(`expected a JSON object, got ${kind}`);
    const members = readMembers(reader);
    reader.finish();
    const meta = members.get(this.member);
    members.delete(this.member);
    const fields = Object.fromEntries([...members].map(([name, slice]) => [name, valueOf(name, slice)]));
    const instance = validated<object>(metatype as new () => object, fields);
    return meta ? Object.assign(instance, { [this.member]: Meta.parse(meta, undefined, this.member) }) : instance;
  }
}

/** A value, whose text PostgreSQL takes. */
function valueOf(name: string, { text }: JsonSlice): unknown {
  const value = JSON.parse(text) as unknown;
  if (typeof value === 'string' && !value.isWellFormed()) throw new Invalid(`${name}: a lone surrogate`);
  return value;
}
