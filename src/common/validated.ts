import { plainToInstance } from 'class-transformer';
import { ValidateBy, validateSync, type ValidationError } from 'class-validator';
import { Invalid } from './errors.js';

/** What is said of a field that a class does not have. */
const NO_SUCH_FIELD = 'there is no such field here';

/**
 * A small JSON value as an instance of a DTO class, checked by the class's `class-validator` decorators. Throws
 * `Invalid` with the first field that is wrong: `name: expected …`, within a place `policy 3, expire: expected …`.
 * @param where the place of the value in its file, for messages.
 * @param unknown the message for a field that the class does not have; `null` ignores such fields.
 */
export function validated<T extends object>(
  Class: new () => T,
  json: unknown,
  where = '',
  unknown: string | null = NO_SUCH_FIELD,
): T {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new Invalid(`${where === '' ? '' : `${where}: `}expected a JSON object`);
  const instance = plainToInstance(Class, json);
  const isStrict = unknown !== null;
  const errors = validateSync(instance, { whitelist: isStrict, forbidNonWhitelisted: isStrict });
  if (errors.length > 0) throw refusal(errors, where, unknown ?? NO_SUCH_FIELD);
  return instance;
}

/** An object whose members all pass a test, such as `{"a": "b"}`. */
export function IsRecordOf(expected: string, isMember: (member: unknown) => boolean): PropertyDecorator {
  return ValidateBy({
    name: 'isRecordOf',
    validator: {
      validate: (value: unknown) => isObject(value) && Object.values(value).every(isMember),
      defaultMessage: (args) => {
        const [wrong] =
          Object.entries(isObject(args?.value) ? args.value : {}).find(([, member]) => !isMember(member)) ?? [];
        return `expected an object of ${expected}${wrong === undefined ? '' : `, but ${JSON.stringify(wrong)} is none`}`;
      },
    },
  });
}

/** A value that `parse` takes; it returns `undefined` for others. */
export function IsReadableBy(parse: (value: unknown) => unknown, expected: string): PropertyDecorator {
  return ValidateBy({
    name: 'isReadableBy',
    validator: {
      validate: (value: unknown) => parse(value) !== undefined,
      defaultMessage: (args) => `$property must be ${expected}, but it is ${JSON.stringify(args?.value)}`,
    },
  });
}

function refusal(errors: readonly ValidationError[], where: string, unknown: string): Invalid {
  const [first] = errors;
  if (!first) return new Invalid(`${where === '' ? '' : `${where}: `}the object is not what it should be`);
  const { property } = first;
  const place = where === '' ? property : `${where}, ${property}`;
  const [[constraint, message] = []] = Object.entries(first.constraints ?? {});
  if (constraint === undefined || message === undefined) return refusal(first.children ?? [], place, unknown);
  if (constraint === 'whitelistValidation') return new Invalid(`${place}: ${unknown}`);
  if (where !== '' && first.value === undefined) return new Invalid(`${where} has no ${property}`);
  // The library's messages begin with the name of the field.
  if (!message.startsWith(`${property} `)) return new Invalid(`${place}: ${message}`);
  return new Invalid(where === '' ? `${property}: ${message.slice(property.length + 1)}` : `${where}: ${message}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
