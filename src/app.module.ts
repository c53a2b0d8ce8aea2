import { type DynamicModule, Module } from '@nestjs/common';
import { RouterModule, type Routes } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AnnotationsModule } from './annotations/annotations.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { type AppConfig } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DataModule } from './data/data.module.js';
import { type OpenDatabase } from './open-database.js';
import { DatabasesModule } from './databases/databases.module.js';
import { DeclaredTypesModule } from './declared-types/declared-types.module.js';
import { DeletionModule } from './deletion/deletion.module.js';
import { HealthModule } from './health/health.module.js';
import { EventsModule } from './events/events.module.js';
import { Methods } from './http/allowed-methods.js';
import { JobsModule } from './jobs/jobs.module.js';
import { LatestModule } from './latest/latest.module.js';
import { LineProtocolModule } from './line-protocol/line-protocol.module.js';
import { LunaModule } from './luna/luna.module.js';
import { MetadataModule } from './metadata/metadata.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { PackingModule } from './packing/packing.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { RulesModule } from './rules/rules.module.js';
import { SearchModule } from './search/search.module.js';
import { SensorsModule } from './sensors/sensors.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { StatisticsModule } from './statistics/statistics.module.js';
import { StorageModule } from './storage/storage.module.js';
import { SummariesModule } from './summaries/summaries.module.js';
import { WelcomeModule } from './welcome/welcome.module.js';

/** What lies under the archive's path, which is esmond's. */
const ARCHIVE = [MetadataModule, SearchModule, DataModule, SummariesModule, DeletionModule];

/** What esmond has not: Marigram's own API, at a path that is the same on every server. */
const API_V1 = [
  DatabasesModule,
  DeclaredTypesModule,
  EventsModule,
  LatestModule,
  RulesModule,
  SensorsModule,
  SessionsModule,
  StatisticsModule,
];

/** What has the paths of Grafana's API. */
const GRAFANA = [AnnotationsModule];

/** The path of each module that has one; the rest is at the root of the server. */
export function routes({ pathPrefix, luna }: AppConfig): Routes {
  return [
    ...ARCHIVE.map((module) => ({ path: `${pathPrefix}/perfsonar`, module })),
    ...API_V1.map((module) => ({ path: '/api/v1', module })),
    ...GRAFANA.map((module) => ({ path: '/api', module })),
    ...(luna ? [{ path: '/luna', module: LunaModule }] : []),
  ];
}

/** The whole server over an open database. */
@Module({})
export class AppModule {
  static forRoot(config: AppConfig, database: OpenDatabase): DynamicModule {
    const { dataSource } = database;
    return {
      module: AppModule,
      providers: [Methods],
      imports: [
        ConfigModule.forConfig(config),
        // Opened already: Nest only hands it out, and closes it when it shuts down.
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
        MetricsModule,
        StorageModule.over(database),
        JobsModule,
        AuditModule,
        AuthModule,
        HealthModule,
        OpenApiModule,
        PackingModule,
        RetentionModule,
        WelcomeModule,
        ...ARCHIVE,
        ...API_V1,
        ...GRAFANA,
        ...(config.influx ? [LineProtocolModule] : []),
        ...(config.luna ? [LunaModule] : []),
        RouterModule.register(routes(config)),
      ],
    };
  }
}
