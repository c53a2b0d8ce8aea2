import { type OpenAPIObject } from '@nestjs/swagger';
import { NAME, type Schema } from '../common/api-docs.js';

type Json = Record<string, unknown>;
type Components = Record<string, Json>;

/** The component map of a named part, by the key of the part in the document. */
const MAPS: Readonly<Record<string, string>> = {
  parameters: 'parameters',
  responses: 'responses',
  headers: 'headers',
};

/**
 * Moves all named parts to the components and replaces them by references. Throws if two different parts have the same
 * name.
 * @param schemas further named schemas, to which nothing refers.
 */
export function moveNamedParts(document: OpenAPIObject, schemas: readonly Schema[]): void {
  const components: Components = {};
  const walk = (node: unknown, map: string): unknown => {
    if (Array.isArray(node)) return node.map((item) => walk(item, map));
    if (!isObject(node)) return node;
    const { [NAME]: name, ...part } = node;
    const entries = Object.entries(part).map(([key, value]) => [
      key,
      isData(key, map) ? value : walk(value, mapOf(key, map)),
    ]);
    const walked = withoutWrapper(Object.fromEntries(entries) as Json);
    if (typeof name !== 'string') return walked;
    const known = components[map]?.[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(walked))
      throw new Error(`two different ${map} are called ${name}`);
    components[map] = { ...components[map], [name]: walked };
    return { $ref: `#/components/${map}/${name}` };
  };
  document.paths = walk(document.paths, 'schemas') as OpenAPIObject['paths'];
  walk(schemas, 'schemas');
  const own = walk(document.components ?? {}, 'schemas') as Components;
  const maps = [...new Set([...Object.keys(own), ...Object.keys(components)])].sort();
  document.components = Object.fromEntries(maps.map((map) => [map, sorted({ ...own[map], ...components[map] })]));
}

/** The component map of the parts below a key; everything below a schema is a schema. */
function mapOf(key: string, map: string): string {
  if (key === 'schema' || key === 'schemas') return 'schemas';
  return MAPS[key] ?? map;
}

/** Whether the value of a key is data, not a part of the document. */
function isData(key: string, map: string): boolean {
  return key === 'example' || key === 'examples' || key === 'enum' || (key === 'default' && map === 'schemas');
}

/** Unwraps Nest's `allOf` of one reference beside a description: OpenAPI 3.1 allows both in one object. */
function withoutWrapper(schema: Json): Json {
  const { allOf, ...others } = schema;
  return Array.isArray(allOf) && allOf.length === 1 ? { ...(allOf[0] as Json), ...others } : schema;
}

function sorted(map: Json): Json {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
