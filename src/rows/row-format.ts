import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { JSON_FORMATS, queryOf } from '../http/request.js';
import { type RowFormat } from './row-writer.js';

/** How rows are written as text. */
export interface Format extends RowFormat {
  readonly contentType: string;
  readonly head: string;
  /** The text after the rows; `any` tells whether there was one. */
  readonly tail: (any: boolean) => string;
}

const lineEnd = (any: boolean): string => (any ? '\n' : '');
const asIs = (json: string): string => json;
const quoted = (json: string): string => (isNumber(json) ? json : `"${json.replaceAll('"', '""')}"`);

const OBJECT = { open: '{"ts":', middle: ',"val":', close: '}', quote: asIs };

/** The formats of rows. Another one is one entry: the `format` parameter, `Accept` and the reference read this table. */
const FORMATS = {
  json: { ...OBJECT, contentType: 'application/json', head: '[', separator: ',', tail: () => ']' },
  csv: {
    contentType: 'text/csv; charset=utf-8',
    head: 'ts,val\n',
    ...{ open: '', middle: ',', close: '', separator: '\n', quote: quoted },
    tail: lineEnd,
  },
  ndjson: { ...OBJECT, contentType: 'application/x-ndjson', head: '', separator: '\n', tail: lineEnd },
} as const satisfies Record<string, Format>;

/** Formats by their names, as the `format` parameter has them. */
export type Formats = Readonly<Record<string, Format>> & { readonly json: Format };

/** The values of the `format` parameter on a read of rows in these formats. */
export function namesOf(formats: Formats): readonly string[] {
  return [...new Set([...JSON_FORMATS, ...Object.keys(formats)])];
}

/** The values of the `format` parameter on a read of rows. */
export const ROW_FORMATS = namesOf(FORMATS);

/** The format of the rows that a request asks for, one of `FORMATS`. */
export const AskedFormat = askedOf(FORMATS);

/** A decorator of the parameter for the format that a request asks for, one of these. */
export function askedOf(formats: Formats): () => ParameterDecorator {
  return createParamDecorator((_: undefined, context: ExecutionContext): Format => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return chooseFormat(formats, queryOf(request).format, request.headers.accept);
  });
}

/**
 * The format that a request asks for: by the `format` parameter, since browsers can't set `Accept`, else by `Accept`
 * (the known type of the highest weight, the first of equals). JSON where neither names one.
 */
function chooseFormat(formats: Formats, parameter: string | undefined, accept = ''): Format {
  if (parameter !== undefined) return formats[parameter] ?? formats.json;
  let best = { format: formats.json, weight: 0 };
  for (const part of accept.toLowerCase().split(',')) {
    const mediaType = part.split(';')[0]?.trim();
    const format = Object.values(formats).find(({ contentType }) => contentType.split(';')[0] === mediaType);
    const weight = Number(/;\s*q=([\d.]+)/.exec(part)?.[1] ?? 1);
    if (format && weight > best.weight) best = { format, weight };
  }
  return best.format;
}

function isNumber(json: string): boolean {
  return /^-?\d/.test(json);
}
