import { Metadata1795000000000 } from './1795000000000-metadata.js';
import { PointsAndRollups1795000100000 } from './1795000100000-points-and-rollups.js';
import { ApiKeys1795000200000 } from './1795000200000-api-keys.js';
import { Access1795000300000 } from './1795000300000-access.js';
import { Audit1795000400000 } from './1795000400000-audit.js';
import { Idempotency1795000500000 } from './1795000500000-idempotency.js';
import { Import1795000600000 } from './1795000600000-import.js';
import { EventTypes1795000700000 } from './1795000700000-event-types.js';
import { SourceNames1795000800000 } from './1795000800000-source-names.js';
import { Segments1795000900000 } from './1795000900000-segments.js';
import { Sessions1795001000000 } from './1795001000000-sessions.js';
import { SegmentRows1795001100000 } from './1795001100000-segment-rows.js';
import { Luna1795001200000 } from './1795001200000-luna.js';
import { Annotations1795001300000 } from './1795001300000-annotations.js';
import { Databases1795001400000 } from './1795001400000-databases.js';
import { Sensors1795001600000 } from './1795001600000-sensors.js';
import { RulesAndEvents1795001700000 } from './1795001700000-rules-and-events.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [
  Metadata1795000000000,
  PointsAndRollups1795000100000,
  ApiKeys1795000200000,
  Access1795000300000,
  Audit1795000400000,
  Idempotency1795000500000,
  Import1795000600000,
  EventTypes1795000700000,
  SourceNames1795000800000,
  Segments1795000900000,
  Sessions1795001000000,
  SegmentRows1795001100000,
  Luna1795001200000,
  Annotations1795001300000,
  Databases1795001400000,
  Sensors1795001600000,
  RulesAndEvents1795001700000,
];
