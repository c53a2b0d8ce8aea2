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
export const FORMATS = {
  json: { ...OBJECT, contentType: 'application/json', head: '[', separator: ',', tail: () => ']' },
  csv: {
    contentType: 'text/csv; charset=utf-8',
    head: 'ts,val\n',
    ...{ open: '', middle: ',', close: '', separator: '\n', quote: quoted },
    tail: lineEnd,
  },
  ndjson: { ...OBJECT, contentType: 'application/x-ndjson', head: '', separator: '\n', tail: lineEnd },
} as const satisfies Record<string, Format>;

/** The name of a format, as the `format` parameter has it. */
export type FormatName = keyof typeof FORMATS;

const NAMES = Object.keys(FORMATS) as readonly FormatName[];

/** The values of the `format` parameter on a read of rows. */
export const ROW_FORMATS: readonly string[] = [...new Set([...JSON_FORMATS, ...NAMES])];

const BY_MEDIA_TYPE: ReadonlyMap<string | undefined, FormatName> = new Map(
  NAMES.map((name) => [FORMATS[name].contentType.split(';')[0], name]),
);

/** The format of the rows that a request asks for. */
export const AskedFormat = createParamDecorator((_: undefined, context: ExecutionContext): FormatName => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return chooseFormat(queryOf(request).format, request.headers.accept);
});

/**
 * The format that a request asks for: by the `format` parameter, since browsers can't set `Accept`, else by `Accept`
 * (the known type of the highest weight, the first of equals). JSON where neither names one.
 */
function chooseFormat(parameter: string | undefined, accept = ''): FormatName {
  if (parameter !== undefined) return NAMES.find((name) => name === parameter) ?? 'json';
  let best: { name: FormatName; weight: number } = { name: 'json', weight: 0 };
  for (const part of accept.toLowerCase().split(',')) {
    const name = BY_MEDIA_TYPE.get(part.split(';')[0]?.trim());
    const weight = Number(/;\s*q=([\d.]+)/.exec(part)?.[1] ?? 1);
    if (name && weight > best.weight) best = { name, weight };
  }
  return best.name;
}

function isNumber(json: string): boolean {
  return /^-?\d/.test(json);
}
