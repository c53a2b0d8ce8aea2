import { Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { textOf } from './uploaded-rows.js';

/** The largest number that a session or a stream can have. */
const MAX_NUMBER = 2 ** 31 - 1;

/** The fields of an HTML form in a body, the last one of each name. */
@Injectable()
export class FormBody implements PipeTransform<Buffer | undefined, ReadonlyMap<string, string>> {
  transform(body: Buffer | undefined): ReadonlyMap<string, string> {
    return new Map(new URLSearchParams(textOf(body ?? Buffer.alloc(0))));
  }
}

/** The number of a session or a stream. Throws `Invalid`, naming the field. */
export function numberOf(name: string, text: string | undefined): number {
  const number = /^\d{1,10}$/.test(text ?? '') ? Number(text) : NaN;
  if (number <= MAX_NUMBER) return number;
  throw new Invalid(`${name}: expected the number that was given for it, got ${JSON.stringify(text ?? '')}`);
}
