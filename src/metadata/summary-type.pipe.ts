import { Injectable, type PipeTransform } from '@nestjs/common';
import { type SummaryType } from '../event-types/data-types.js';
import { summaryTypeOf } from './summary-paths.js';

/** The summary type that a URL names. Throws `Invalid` where there is no such type. */
@Injectable()
export class SummaryTypePipe implements PipeTransform<string, SummaryType> {
  transform(path: string): SummaryType {
    return summaryTypeOf(path);
  }
}
