import { Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '../common/errors.js';

/** The window in a URL, in seconds; `undefined` where it has none. Throws `Invalid` where it is no integer. */
@Injectable()
export class WindowPipe implements PipeTransform<string | undefined, number | undefined> {
  transform(text: string | undefined): number | undefined {
    if (text === undefined) return undefined;
    if (!/^[+-]?\d+$/.test(text)) throw new Invalid(`window: expected an integer, got ${JSON.stringify(text)}`);
    return Number(text);
  }
}
