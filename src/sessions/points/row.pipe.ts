import { Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '../../common/errors.js';
import { MAX_ROW } from '../../storage/ingest/stream-columns.js';

/** What is wrong with another row number. */
export const ROW_EXPECTED = `expected an integer from 0 to ${MAX_ROW}`;

/** Whether a number can be a row number. */
export function isRow(row: number): boolean {
  return Number.isInteger(row) && row >= 0 && row <= MAX_ROW;
}

/** The row number in a URL. Throws `Invalid`. */
@Injectable()
export class RowPipe implements PipeTransform<string, number> {
  transform(text: string): number {
    if (!/^\d{1,10}$/.test(text) || !isRow(Number(text))) throw new Invalid(`row: ${ROW_EXPECTED}, got ${text}`);
    return Number(text);
  }
}
