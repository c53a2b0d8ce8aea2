// `export *`, since only through that can users add to `EventTypeValues` under the name of this package.
export * from './values.js';
export { ApiConnect, type ConnectOptions } from './api-connect.js';
export { ApiFilters, type FilterFields, type FilterValue } from './api-filters.js';
export { type ConnectionOptions } from './connection-options.js';
export { DataPayload } from './data-payload.js';
export { DataHistogram, DataPoint, type PointOf } from './data-point.js';
export {
  type DataTypeName,
  type DataTypeOf,
  dataTypeOf,
  EVENT_TYPES,
  type Percentage,
  type PostedValueOf,
  type SummaryType,
  type SummaryTypeOf,
} from './data-types.js';
export {
  ApiError,
  ArchiveError,
  type Conflict,
  ConflictError,
  ConnectionError,
  DroppedError,
  TimeoutError,
} from './errors.js';
export { EventType, type SummaryKind } from './event-type.js';
export { type EventTypeInfo } from './event-type-info.js';
export { EventTypeBulkPost, type EventTypeBulkPostOptions } from './event-type-bulk-post.js';
export { EventTypePost, type EventTypePostOptions } from './event-type-post.js';
export { type JsonValue } from './json-value.js';
export { LatestPoint, type WireLatestPoint } from './latest-point.js';
export { Metadata } from './metadata.js';
export { MetadataPost, type MetadataPostOptions, type NetworkElement, type PointToPoint } from './metadata-post.js';
export { type CallOptions, type ReadOptions } from './read-options.js';
export { type DistributionBin, type QuantilesValue } from './exact/index.js';
export { type HistogramStatistics, type NoStatistics, type Statistics, type SummaryValueOf } from './statistics.js';
export { Summary } from './summary.js';
export { type Time } from './time.js';
