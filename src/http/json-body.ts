import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import { type ValidationError } from 'class-validator';
import { Invalid } from '../common/errors.js';
import { JsonReader } from '../json/json-reader.js';
import { readSlice } from '../json/json-text.js';

/**
 * Reads a small JSON body into the DTO class of its parameter, `@Body(JsonBody) body: SomeObject`, and checks it by the
 * class's `class-validator` decorators. Throws `Invalid`, naming the first field that is wrong; a field that the class
 * does not have is one. Bodies with points have parsers of their own, which are far faster.
 */
@Injectable()
export class JsonBody extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) => refusal(errors),
    });
  }

  override async transform(body: Buffer | undefined, metadata: ArgumentMetadata): Promise<unknown> {
    const reader = JsonReader.ofBody(body ?? Buffer.alloc(0));
    const { kind, text } = readSlice(reader);
    reader.finish();
    if (kind !== 'object') throw new Invalid(`expected a JSON object, got ${kind}`);
    return super.transform(JSON.parse(text), metadata);
  }
}

function refusal(errors: readonly ValidationError[], path = ''): Invalid {
  const [first] = errors;
  if (!first) return new Invalid('the body is not what it should be');
  const field = `${path}${first.property}`;
  const [[constraint, message] = []] = Object.entries(first.constraints ?? {});
  if (constraint === undefined || message === undefined) return refusal(first.children ?? [], `${field}.`);
  if (constraint === 'whitelistValidation') return new Invalid(`${field}: there is no such field here`);
  // The library's messages begin with the name of the field.
  return new Invalid(
    `${field}: ${message.startsWith(`${first.property} `) ? message.slice(first.property.length + 1) : message}`,
  );
}
