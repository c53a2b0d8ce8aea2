import { Controller, Get, Param } from '@nestjs/common';
import { Operation } from '../../http/operation.js';
import { FromQuery } from '../../http/request.js';
import { Rules } from '../../http/route-rules.js';
import { COMPARE_SESSIONS } from './compare.docs.js';
import { type ComparisonObject } from './compare.dto.js';
import { parsePairFields } from './compare-query.js';
import { CompareService } from './compare.service.js';
import { type PairField } from './pair-streams.js';

/** Comparing sessions. */
@Controller('sessions/:session/compare')
export class CompareController {
  constructor(private readonly comparison: CompareService) {}

  @Get(':otherSession')
  @Rules({ access: 'read' })
  @Operation(COMPARE_SESSIONS)
  compare(
    @Param('session') base: string,
    @Param('otherSession') other: string,
    @FromQuery(parsePairFields) fields: readonly PairField[],
  ): Promise<ComparisonObject> {
    return this.comparison.compare(base, other, fields);
  }
}
