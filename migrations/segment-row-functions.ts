/*
 * The functions that decode segments whose points have row numbers, and may have equal times. Those of the same name in
 * `SEGMENT_FUNCTIONS` are replaced. They are part of a migration: change them by another one.
 */

/** Reads the column of row numbers, as those of `SEGMENT_FUNCTIONS` read theirs. */
export const SEGMENT_ROWS = `
   CREATE FUNCTION segment_rows(data bytea, at integer, count integer, OUT rows bigint[], OUT stop integer)
   LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
   DECLARE
     byte integer;
     first bigint := 0;
     place integer := 0;
     steps bigint[];
   BEGIN
     stop := at;
     LOOP
       byte := get_byte(data, stop);
       stop := stop + 1;
       first := first | ((byte & 127)::bigint << place);
       EXIT WHEN byte < 128;
       place := place + 7;
     END LOOP;
     rows := ARRAY[first];
     SELECT i.integers, i.stop INTO steps, stop FROM segment_integers(data, stop, count - 1) i;
     FOR index IN 2..count LOOP
       rows[index] := rows[index - 1] + steps[index - 1];
     END LOOP;
   END $$`;

/** The copy of the data is neither compressed nor out of line: else each get_byte would fetch all of it. */
export const UNPACK_SEGMENT = `
   CREATE FUNCTION unpack_segment(data bytea, codec smallint)
   RETURNS TABLE (ts timestamptz, value float8, denominator float8, document json, "row" integer)
   LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 5000 COST 1000000 AS $$
   DECLARE
     plain bytea := data || ''::bytea;
     stop integer;
     times timestamptz[];
     rows bigint[];
     numbers float8[];
     denominators float8[];
     lengths bigint[];
   BEGIN
     SELECT t.times, t.stop INTO times, stop FROM segment_times(plain) t;
     IF get_byte(plain, 0) & 2 = 2 THEN
       SELECT r.rows, r.stop INTO rows, stop FROM segment_rows(plain, stop, cardinality(times)) r;
     END IF;
     IF codec = 1 THEN
       SELECT n.numbers, n.stop INTO numbers, stop FROM segment_numbers(plain, stop, cardinality(times)) n;
       IF get_byte(plain, 0) & 4 = 4 THEN
         SELECT n.numbers INTO denominators FROM segment_numbers(plain, stop, cardinality(times)) n;
       END IF;
       RETURN QUERY SELECT u.ts, u.value, u.denominator, NULL::json, u.row::integer
         FROM unnest(times, numbers, denominators, rows) u (ts, value, denominator, row);
     ELSIF codec = 2 THEN
       SELECT i.integers, i.stop INTO lengths, stop FROM segment_integers(plain, stop, cardinality(times)) i;
       FOR index IN 1..cardinality(times) LOOP
         ts := times[index];
         "row" := rows[index];
         document := convert_from(substring(plain FROM stop + 1 FOR lengths[index]::integer), 'UTF8');
         stop := stop + lengths[index];
         RETURN NEXT;
       END LOOP;
     ELSE
       RAISE EXCEPTION 'segments of codec % are unknown', codec;
     END IF;
   END $$`;

/** Equal times make steps of 0, which are never enough to reach a bound. */
export const SEGMENT_HAS_POINT = `
   CREATE OR REPLACE FUNCTION segment_has_point(data bytea, "begin" timestamptz, "end" timestamptz) RETURNS boolean
   LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
   DECLARE
     plain bytea := data || ''::bytea;
     -- The bounds in micros since 1970; endless ones are beyond all points, and the arithmetic stays within 64 bits.
     lower bigint := least(greatest(extract(epoch FROM "begin") * 1000000, -4e18), 4e18);
     upper bigint := least(greatest(extract(epoch FROM "end") * 1000000, -4e18), 4e18);
     count integer := get_byte(plain, 1);
     stop integer := 2;
     byte integer;
     bits bigint;
     place integer;
     is_run boolean;
     step bigint := 0;
     micros bigint;
   BEGIN
     IF count > 127 THEN
       count := (count & 127) | (get_byte(plain, 2) << 7);
       stop := 3;
     END IF;
     micros := segment_int64(plain, stop);
     stop := stop + 8;
     IF get_byte(plain, 0) & 1 = 1 THEN
       WHILE micros < lower AND count > 1 LOOP
         micros := segment_int64(plain, stop);
         stop := stop + 8;
         count := count - 1;
       END LOOP;
       RETURN micros BETWEEN lower AND upper;
     END IF;
     WHILE micros < lower AND count > 1 LOOP
       byte := get_byte(plain, stop);
       stop := stop + 1;
       is_run := byte = 0;
       IF is_run THEN
         byte := get_byte(plain, stop);
         stop := stop + 1;
       END IF;
       bits := byte & 127;
       place := 7;
       WHILE byte > 127 LOOP
         byte := get_byte(plain, stop);
         stop := stop + 1;
         bits := bits | ((byte & 127)::bigint << place);
         place := place + 7;
       END LOOP;
       IF is_run THEN
         -- Of bits + 1 equal steps, those that are needed to reach the lower bound.
         bits := CASE WHEN step = 0 THEN bits + 1 ELSE least(bits + 1, (lower - micros + step - 1) / step) END;
       ELSE
         step := step + ((bits >> 1) # -(bits & 1));
         bits := 1;
       END IF;
       micros := micros + bits * step;
       count := count - bits;
     END LOOP;
     RETURN micros BETWEEN lower AND upper;
   END $$`;
