import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Rules on values, how far each is on a series, and the events that they open. */
export class RulesAndEvents1795001700000 implements MigrationInterface {
  readonly name = 'RulesAndEvents1795001700000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE rule (
        id uuid CONSTRAINT rule_pkey PRIMARY KEY,
        name text COLLATE "C" NOT NULL CONSTRAINT rule_name UNIQUE,
        body jsonb NOT NULL,
        enabled boolean NOT NULL,
        created timestamptz NOT NULL DEFAULT clock_timestamp(),
        changed timestamptz NOT NULL DEFAULT clock_timestamp(),
        by_user text NOT NULL
      )`);
    await db.query(`
      CREATE TABLE rule_generation (
        id smallint CONSTRAINT rule_generation_pkey PRIMARY KEY,
        value bigint NOT NULL,
        CONSTRAINT rule_generation_one_row CHECK (id = 1)
      )`);
    await db.query('INSERT INTO rule_generation VALUES (1, 0)');
    await db.query(`
      CREATE TABLE event (
        id uuid CONSTRAINT event_pkey PRIMARY KEY,
        rule uuid NOT NULL,
        rule_name text NOT NULL,
        series integer CONSTRAINT event_series REFERENCES series ON DELETE SET NULL,
        metadata_key text COLLATE "C" NOT NULL,
        sensor text COLLATE "C",
        event_type text COLLATE "C" NOT NULL,
        type text COLLATE "C" NOT NULL,
        severity text NOT NULL,
        opened timestamptz NOT NULL,
        first_warning timestamptz NOT NULL,
        received timestamptz NOT NULL,
        value double precision,
        threshold jsonb NOT NULL,
        warnings integer NOT NULL,
        peak double precision,
        closed timestamptz,
        closed_by text,
        acknowledged_at timestamptz,
        acknowledged_by text,
        acknowledged_note text,
        text text NOT NULL,
        CONSTRAINT event_closed CHECK ((closed IS NULL) = (closed_by IS NULL))
      )`);
    await db.query('CREATE INDEX event_opened ON event (opened, id)');
    await db.query('CREATE INDEX event_still_open ON event (opened, id) WHERE closed IS NULL');
    await db.query('CREATE INDEX event_of_metadata ON event (metadata_key, opened, id)');
    await db.query('CREATE INDEX event_of_sensor ON event (sensor, opened, id) WHERE sensor IS NOT NULL');
    await db.query('CREATE INDEX event_of_series ON event (series)');
    await db.query(`
      CREATE TABLE rule_state (
        series integer NOT NULL CONSTRAINT rule_state_series REFERENCES series ON DELETE CASCADE,
        rule uuid NOT NULL CONSTRAINT rule_state_rule REFERENCES rule ON DELETE CASCADE,
        warnings integer NOT NULL,
        normals integer NOT NULL,
        since timestamptz NOT NULL,
        peak double precision,
        last_value double precision,
        open_event uuid CONSTRAINT rule_state_event REFERENCES event,
        CONSTRAINT rule_state_pkey PRIMARY KEY (series, rule)
      )`);
    await db.query('CREATE INDEX rule_state_of_rule ON rule_state (rule)');
    await db.query('CREATE UNIQUE INDEX rule_state_open_event ON rule_state (open_event) WHERE open_event IS NOT NULL');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE rule_state, event, rule_generation, rule');
  }
}
