import { ValidateBy } from 'class-validator';
import { microsIn, TIMES_EXPECTED } from './micros.js';

/** A time as clients of sessions give it, see `microsIn`; it may be absent. */
export function IsMicros(): PropertyDecorator {
  return ValidateBy({
    name: 'isMicros',
    validator: {
      validate: (value: unknown) => value === undefined || microsIn(value) !== undefined,
      defaultMessage: (args) => `${TIMES_EXPECTED}, got ${JSON.stringify(args?.value)}`,
    },
  });
}
