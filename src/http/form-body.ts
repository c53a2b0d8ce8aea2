import { isUtf8 } from 'node:buffer';
import { Injectable, type PipeTransform } from '@nestjs/common';

/** The fields of an HTML form in a body, the last one of each name. */
@Injectable()
export class FormBody implements PipeTransform<Buffer | undefined, ReadonlyMap<string, string>> {
  transform(body: Buffer | undefined): ReadonlyMap<string, string> {
    return new Map(new URLSearchParams(body && textOf(body)));
  }
}

/** The text of a body: in UTF-8, or else in Latin-1, which older clients send. */
export function textOf(body: Buffer): string {
  return body.toString(isUtf8(body) ? 'utf8' : 'latin1');
}
