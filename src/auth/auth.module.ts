import { Global, Module } from '@nestjs/common';
import { ApiKeyService } from './api-key.service.js';
import { ApiKeyStrategy } from './api-key.strategy.js';
import { Authenticator } from './authenticator.js';
import { NetworkService } from './network.service.js';
import { RateLimits } from './rate-limits.js';
import { WriteLimits } from './write-limits.js';

@Global()
@Module({
  providers: [ApiKeyService, ApiKeyStrategy, Authenticator, NetworkService, RateLimits, WriteLimits],
  exports: [ApiKeyService, Authenticator, NetworkService, WriteLimits],
})
export class AuthModule {}
