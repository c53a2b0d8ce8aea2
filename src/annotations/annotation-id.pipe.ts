import { Injectable, type PipeTransform } from '@nestjs/common';
import { NotFound } from '../common/errors.js';

const MAX_INTEGER = 2 ** 31 - 1;

/** The id of an annotation in a path. Throws `NotFound` for what can't be one. */
@Injectable()
export class AnnotationIdPipe implements PipeTransform<string, number> {
  transform(text: string): number {
    const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (id < 1 || id > MAX_INTEGER) throw new NotFound(`there is no annotation ${text}`);
    return id;
  }
}
