import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { validated } from '../common/validated.js';
import { JsonReader } from '../json/json-reader.js';
import { readSlice } from '../json/json-text.js';

/**
 * Reads a small JSON body into the DTO class of its parameter, `@Body(JsonBody) body: SomeObject`, and checks it by the
 * class's `class-validator` decorators. Throws `Invalid`, naming the first field that is wrong; a field that the class
 * does not have is one. Bodies with points have parsers of their own, which are far faster.
 */
@Injectable()
export class JsonBody implements PipeTransform<Buffer | undefined, object> {
  transform(body: Buffer | undefined, { metatype }: ArgumentMetadata): object {
    const reader = JsonReader.ofBody(body ?? Buffer.alloc(0));
    const { kind, text } = readSlice(reader);
    reader.finish();
    if (kind !== 'object') throw new Invalid(`expected a JSON object, got ${kind}`);
    if (metatype === undefined) throw new Error('the parameter has no class');
    return validated<object>(metatype as new () => object, JSON.parse(text));
  }
}

/** The same where the body may be absent: then it is an object without members. */
@Injectable()
export class OptionalJsonBody extends JsonBody {
  override transform(body: Buffer | undefined, parameter: ArgumentMetadata): object {
    return super.transform(body && body.length > 0 ? body : Buffer.from('{}'), parameter);
  }
}
