import { Module } from '@nestjs/common';
import { QueryController } from './query.controller.js';
import { QueryService } from './query/query.service.js';
import { ServerController } from './server.controller.js';

@Module({
  controllers: [ServerController, QueryController],
  providers: [QueryService],
})
export class LineProtocolModule {}
