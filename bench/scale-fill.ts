import pg from 'pg';

/** Metadata that are stored through the archive and copied in the database, and the series of points to copy. */
export interface Originals {
  /** The network of the metadata to copy: their sources begin with `10.NETWORK.`; copies have networks from 100 on. */
  readonly network: number;
  /** The key of the metadata whose points are copied. */
  readonly key: string;
}

/** Multiplies what an archive holds, in SQL: through the archive it would take too long. */
export class ScaleFill {
  private copies = 1;

  private constructor(
    private readonly client: pg.Client,
    private readonly originals: Originals,
  ) {}

  static async open(databaseUrl: string, originals: Originals): Promise<ScaleFill> {
    const client = new pg.Client({ connectionString: databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(
      `CREATE TEMP TABLE original AS SELECT * FROM metadata WHERE source <<= '10.${originals.network}.0.0/16'`,
    );
    return new ScaleFill(client, originals);
  }

  /** Makes copies until all is there so many times. Returns how many metadata and points there are then. */
  async to(copies: number): Promise<{ metadata: number; points: number }> {
    if (copies > this.copies) {
      const range = [this.copies, copies - 1];
      await this.client.query(METADATA, [...range, this.originals.network]);
      await this.client.query(SERIES);
      for (let copy = this.copies; copy < copies; copy++) await this.client.query(POINTS, [this.originals.key, copy]);
      this.copies = copies;
    }
    // What a while of autovacuum would do.
    await this.client.query('VACUUM (ANALYZE) metadata, series, point, segment');
    const { rows } = await this.client.query<{ metadata: number; points: number }>(
      `SELECT (SELECT count(*)::int FROM metadata) AS metadata,
              (SELECT coalesce(sum(reltuples), 0)::float8 FROM pg_class JOIN pg_inherits ON oid = inhrelid
               WHERE inhparent = 'point'::regclass AND reltuples > 0)
              + (SELECT sum(points)::float8 FROM segment) AS points`,
    );
    return rows[0] ?? { metadata: 0, points: 0 };
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

const METADATA = `
  INSERT INTO metadata (key, subject_type, source, destination, measurement_agent, tool_name, input_source,
                        input_destination, parameters, identity)
  SELECT md5(key || copy), subject_type, source + (100 + copy - $3::int) * 65536, destination, measurement_agent,
         tool_name, input_source, input_destination, parameters || jsonb_build_object('copy', copy::text),
         sha256(identity || copy::text::bytea)
  FROM original, generate_series($1::int, $2::int) AS copy`;

const SERIES = `
  INSERT INTO series (metadata, event_type, data_type)
  SELECT m.id, 'throughput', 'integer' FROM metadata m
  WHERE NOT EXISTS (SELECT FROM series WHERE metadata = m.id)`;

/** The segments of the original, into the series of the nth metadata of the copies, in the chunks that it is in. */
const POINTS = `
  INSERT INTO segment (series, first, last, points, longest_gap, codec, data)
  SELECT (SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.parameters @> jsonb_build_object('copy', $2::text)
          ORDER BY s.id LIMIT 1), g.first, g.last, g.points, g.longest_gap, g.codec, g.data
  FROM segment g JOIN series s ON s.id = g.series JOIN metadata m ON m.id = s.metadata
  WHERE m.key = $1 AND s.event_type = 'throughput' ORDER BY g.first`;
