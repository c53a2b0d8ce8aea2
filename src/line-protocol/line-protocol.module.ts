import { Module } from '@nestjs/common';
import { QueryController } from './query.controller.js';
import { QueryService } from './query/query.service.js';
import { ServerController } from './server.controller.js';
import { EarlyTimes } from './write/early-times.js';
import { KnownHeads } from './write/known-heads.js';
import { LineSeries } from './write/line-series.js';
import { LineWriteService } from './write/line-write.service.js';
import { WriteController } from './write.controller.js';

@Module({
  controllers: [ServerController, QueryController, WriteController],
  providers: [EarlyTimes, KnownHeads, LineSeries, LineWriteService, QueryService],
})
export class LineProtocolModule {}
