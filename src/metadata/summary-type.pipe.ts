import { Injectable, type PipeTransform } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { SUMMARY_KINDS, SUMMARY_TYPES, type SummaryType } from '../rollups/summary-kinds.js';

/** The summary type that a URL names. Throws `Invalid` where there is no such type. */
@Injectable()
export class SummaryTypePipe implements PipeTransform<string, SummaryType> {
  transform(path: string): SummaryType {
    const found = SUMMARY_TYPES.find((type) => SUMMARY_KINDS[type].path === path);
    if (found) return found;
    const paths = SUMMARY_TYPES.map((type) => SUMMARY_KINDS[type].path);
    throw new Invalid(`summary type: expected ${paths.join(', ')}, got ${JSON.stringify(path)}`);
  }
}
