import { type OpenAPIObject } from '@nestjs/swagger';
import { NAME, type Schema } from '../common/api-docs.js';

type Json = Record<string, unknown>;
type Components = Record<string, Json>;

/** In which component map a named part belongs, by the key that it stands under in the document. */
const MAPS: Readonly<Record<string, string>> = {
  parameters: 'parameters',
  responses: 'responses',
  headers: 'headers',
};

/**
 * Moves all parts that have a name to the components, and refers to them where they stood. Throws where two different
 * parts have the same name.
 * @param schemas further schemas with names, which nothing refers to.
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

/** A named part below this key belongs to the map of the key; everything below a schema is a schema. */
function mapOf(key: string, map: string): string {
  if (key === 'schema' || key === 'schemas') return 'schemas';
  return MAPS[key] ?? map;
}

/** What stands below these keys is data, whatever it looks like. */
function isData(key: string, map: string): boolean {
  return key === 'example' || key === 'examples' || key === 'enum' || (key === 'default' && map === 'schemas');
}

/** Nest writes a reference with a description as an `allOf` of one: since 3.1 they may stand side by side. */
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
