import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { isId } from './is-id.js';

/** The id in a path of what is to be created. Throws `Invalid`. */
@Injectable()
export class IdPipe implements PipeTransform<string, string> {
  transform(id: string, { data }: ArgumentMetadata): string {
    if (!isId(id))
      throw new Invalid(`${data ?? 'id'}: expected 1 to 128 letters, digits, "_", ".", "@" and "-", got ${id.length}`);
    return id;
  }
}
