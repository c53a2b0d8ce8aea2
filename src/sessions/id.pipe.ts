import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '../common/errors.js';

/** The ids of sessions and streams. */
const ID = /^[\w.@-]{1,128}$/;

/** The id in a path of what is to be created. Throws `Invalid`. */
@Injectable()
export class IdPipe implements PipeTransform<string, string> {
  transform(id: string, { data }: ArgumentMetadata): string {
    if (!ID.test(id))
      throw new Invalid(`${data ?? 'id'}: expected 1 to 128 letters, digits, "_", ".", "@" and "-", got ${id.length}`);
    return id;
  }
}
