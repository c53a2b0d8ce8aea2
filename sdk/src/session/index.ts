export { ArchiveBackend, type ArchiveOptions } from './archive/archive-backend.js';
export { type ResumeOptions, type ResumeReport } from './archive/resume.js';
export {
  type Backend,
  type Callback,
  type Handed,
  type SessionInfo,
  type StreamInfo,
  type Table,
  type Tables,
} from './backend.js';
export { type EventColumns, type MetricColumns, type PutColumns, type PutRows, type TimeColumn } from './columns.js';
export { type DataSession, type EndOptions } from './data-session.js';
export { LocalStorageBackend, type LocalStorageOptions } from './local/local-storage-backend.js';
export { type Meta, type MetaInput } from './meta.js';
export { nowMicros } from './now.js';
export { dataSession, type Job, runSession, type SessionOptions } from './open-session.js';
export { type BackendReport, type NamedReport, type SessionReport } from './report.js';
export {
  type ArchivedSession,
  type ArchivedStream,
  type SessionComparison,
  type SessionFilters,
  Sessions,
  type WholeSummaries,
} from './sessions.js';
export { type AggregatesSecond, type DistributionsSecond, type HistogramsSecond } from './second-tables.js';
export { type Events, type Metric } from './stream.js';
export { type StreamOptions } from './stream-options.js';
