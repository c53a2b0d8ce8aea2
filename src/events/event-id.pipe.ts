import { Injectable, type PipeTransform } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { NotFound } from '../common/errors.js';

/** The id of an event in a path. Throws `NotFound` for what can't be one. */
@Injectable()
export class EventIdPipe implements PipeTransform<string, string> {
  transform(text: string): string {
    if (!isUUID(text)) throw new NotFound(`there is no event ${JSON.stringify(text)}`);
    return text.toLowerCase();
  }
}
