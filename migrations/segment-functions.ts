/**
 * The functions that decode segments, in the order of their creation. Those that read a column begin at the byte `at`,
 * counted from 0, and return in `stop` where they have ended. They are part of a migration: change them by another one.
 */
export const SEGMENT_FUNCTIONS = [
  `CREATE FUNCTION segment_int64(data bytea, at integer) RETURNS bigint
   LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
   DECLARE
     value bigint := 0;
   BEGIN
     FOR place IN 0..7 LOOP
       value := value | (get_byte(data, at + place)::bigint << 8 * place);
     END LOOP;
     RETURN value;
   END $$`,

  `CREATE FUNCTION segment_integers(data bytea, at integer, count integer, OUT integers bigint[], OUT stop integer)
   LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
   DECLARE
     byte integer;
     bits bigint;
     place integer;
     run bigint := 0;
     last bigint := 0;
   BEGIN
     integers := '{}';
     stop := at;
     FOR index IN 1..count LOOP
       IF run > 0 THEN
         run := run - 1;
       ELSE
         byte := get_byte(data, stop);
         stop := stop + 1;
         IF byte = 0 THEN
           -- A run of equal integers: the varint is their number less this one.
           place := 0;
           LOOP
             byte := get_byte(data, stop);
             stop := stop + 1;
             run := run | ((byte & 127)::bigint << place);
             EXIT WHEN byte < 128;
             place := place + 7;
           END LOOP;
         ELSE
           bits := byte & 127;
           place := 7;
           WHILE byte > 127 LOOP
             byte := get_byte(data, stop);
             stop := stop + 1;
             bits := bits | ((byte & 127)::bigint << place);
             place := place + 7;
           END LOOP;
           last := last + ((bits >> 1) # -(bits & 1));
         END IF;
       END IF;
       integers[index] := last;
     END LOOP;
   END $$`,

  // A double is m × 2^e for integers m and e, which is exact at every step, even where 2^e has lost all but its last bit.
  `CREATE FUNCTION segment_doubles(data bytea, at integer, count integer, OUT numbers float8[], OUT stop integer)
   LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
   DECLARE
     header integer;
     bits bigint := 0;
     exponent integer;
     mantissa bigint;
     number float8;
   BEGIN
     numbers := '{}';
     stop := at;
     FOR index IN 1..count LOOP
       header := get_byte(data, stop);
       stop := stop + 1;
       FOR place IN (header & 15) .. 7 - (header >> 4) LOOP
         bits := bits # (get_byte(data, stop)::bigint << 8 * place);
         stop := stop + 1;
       END LOOP;
       exponent := (bits >> 52) & 2047;
       mantissa := bits & 4503599627370495;
       number := CASE
         WHEN exponent = 2047 AND mantissa > 0 THEN 'NaN'
         WHEN exponent = 2047 THEN 'Infinity'
         WHEN exponent = 0 THEN mantissa * float8 '2' ^ -1074
         ELSE (mantissa + 4503599627370496) * float8 '2' ^ (exponent - 1075)
       END;
       numbers[index] := CASE WHEN bits < 0 THEN -number ELSE number END;
     END LOOP;
   END $$`,

  `CREATE FUNCTION segment_numbers(data bytea, at integer, count integer, OUT numbers float8[], OUT stop integer)
   LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
   DECLARE
     scale integer := get_byte(data, at);
     power float8;
     integers bigint[];
   BEGIN
     IF scale > 9 THEN
       SELECT d.numbers, d.stop INTO numbers, stop FROM segment_doubles(data, at + 1, count) d;
     ELSE
       power := ('1e' || scale)::float8;
       SELECT i.integers, i.stop INTO integers, stop FROM segment_integers(data, at + 1, count) i;
       numbers := ARRAY(SELECT i / power FROM unnest(integers) i);
     END IF;
   END $$`,

  `CREATE FUNCTION segment_times(data bytea, OUT times timestamptz[], OUT stop integer)
   LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
   DECLARE
     count integer := get_byte(data, 1);
     micros bigint[];
     steps bigint[];
   BEGIN
     stop := 2;
     IF count > 127 THEN
       count := (count & 127) | (get_byte(data, 2) << 7);
       stop := 3;
     END IF;
     micros := ARRAY[segment_int64(data, stop)];
     stop := stop + 8;
     IF get_byte(data, 0) & 1 = 1 THEN
       FOR index IN 2..count LOOP
         micros[index] := segment_int64(data, stop);
         stop := stop + 8;
       END LOOP;
     ELSE
       SELECT i.integers, i.stop INTO steps, stop FROM segment_integers(data, stop, count - 1) i;
       FOR index IN 2..count LOOP
         micros[index] := micros[index - 1] + steps[index - 1];
       END LOOP;
     END IF;
     times := ARRAY(SELECT timestamptz 'epoch' + m * interval '1 microsecond' FROM unnest(micros) m);
   END $$`,

  // The copy of the data is neither compressed nor out of line: else each get_byte would fetch all of it.
  `CREATE FUNCTION unpack_segment(data bytea, codec smallint)
   RETURNS TABLE (ts timestamptz, value float8, denominator float8, document json)
   LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 5000 COST 1000000 AS $$
   DECLARE
     plain bytea := data || ''::bytea;
     stop integer;
     times timestamptz[];
     numbers float8[];
     denominators float8[];
     lengths bigint[];
   BEGIN
     SELECT t.times, t.stop INTO times, stop FROM segment_times(plain) t;
     IF codec = 1 THEN
       SELECT n.numbers, n.stop INTO numbers, stop FROM segment_numbers(plain, stop, cardinality(times)) n;
       IF get_byte(plain, 0) & 4 = 4 THEN
         SELECT n.numbers INTO denominators FROM segment_numbers(plain, stop, cardinality(times)) n;
       END IF;
       RETURN QUERY SELECT u.ts, u.value, u.denominator, NULL::json
         FROM unnest(times, numbers, denominators) u (ts, value, denominator);
     ELSIF codec = 2 THEN
       SELECT i.integers, i.stop INTO lengths, stop FROM segment_integers(plain, stop, cardinality(times)) i;
       FOR index IN 1..cardinality(times) LOOP
         ts := times[index];
         document := convert_from(substring(plain FROM stop + 1 FOR lengths[index]::integer), 'UTF8');
         stop := stop + lengths[index];
         RETURN NEXT;
       END LOOP;
     ELSE
       RAISE EXCEPTION 'segments of codec % are unknown', codec;
     END IF;
   END $$`,

  `CREATE FUNCTION segment_has_point(data bytea, "begin" timestamptz, "end" timestamptz) RETURNS boolean
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
         bits := least(bits + 1, (lower - micros + step - 1) / step);
       ELSE
         step := step + ((bits >> 1) # -(bits & 1));
         bits := 1;
       END IF;
       micros := micros + bits * step;
       count := count - bits;
     END LOOP;
     RETURN micros BETWEEN lower AND upper;
   END $$`,
];
