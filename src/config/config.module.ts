import { type DynamicModule, Module } from '@nestjs/common';
import { AppConfig } from './config.js';

/** Gives everything the one configuration. */
@Module({})
export class ConfigModule {
  static forConfig(config: AppConfig): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: AppConfig, useValue: config }],
      exports: [AppConfig],
    };
  }
}
