import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { POINTS_VIEW } from './points-view.js';
import { SEGMENT_FUNCTIONS } from './segment-functions.js';
import { SEGMENT_HAS_POINT, SEGMENT_ROWS, UNPACK_SEGMENT } from './segment-row-functions.js';

/** Segments whose points have row numbers, and several points at one time: PostgreSQL can unpack them. */
export class SegmentRows1795001100000 implements MigrationInterface {
  readonly name = 'SegmentRows1795001100000';

  async up(db: QueryRunner): Promise<void> {
    // A new archive has no view yet: it is created together with the hypertables.
    const [found] = (await db.query("SELECT to_regclass('points') IS NOT NULL AS view")) as { view: boolean }[];
    await db.query('DROP VIEW IF EXISTS points');
    await db.query('DROP FUNCTION unpack_segment');
    for (const text of [SEGMENT_ROWS, UNPACK_SEGMENT, SEGMENT_HAS_POINT]) await db.query(text);
    if (found?.view) await db.query(POINTS_VIEW);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP VIEW IF EXISTS points');
    await db.query('DROP FUNCTION unpack_segment, segment_has_point, segment_rows');
    for (const text of SEGMENT_FUNCTIONS)
      if (/FUNCTION (unpack_segment|segment_has_point)\(/.test(text)) await db.query(text);
  }
}
