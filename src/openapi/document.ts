import { type INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { programVersion } from '../common/program-version.js';
import { type AppConfig } from '../config/config.js';
import { EVENT_TYPES_BY_DATA_TYPE } from '../rollups/summary-types.dto.js';
import { TAGS } from '../http/operation.js';
import { moveNamedParts } from './components.js';
import { DESCRIPTION } from './introduction.js';
import { describePath } from './operations.js';
import { SECURITY_SCHEMES } from './security.js';
import { TABLES, TABLES_NAME } from './tables.js';
import { WIRE_SHAPES } from './wire-shapes.js';

/** Builds the OpenAPI document of an app from its routes and the docs in their decorators. */
export function createDocument(app: INestApplication, config: AppConfig): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('Marigram')
    .setVersion(programVersion())
    .setDescription(DESCRIPTION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addExtension(TABLES_NAME, TABLES)
    .addServer('/', 'The server of this document');
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  const document = SwaggerModule.createDocument(app, builder.build(), {
    autoTagControllers: false,
    extraModels: WIRE_SHAPES,
  });
  document.paths = Object.fromEntries(
    Object.entries(document.paths)
      .map(([path, item]) => [withSlash(path), describePath(path, item, config)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  document.components = { ...document.components, securitySchemes: SECURITY_SCHEMES };
  moveNamedParts(document, EVENT_TYPES_BY_DATA_TYPE);
  return document;
}

/**
 * The URL of a resource as in answers: with a trailing slash if resources are below it, without one if rows are. The
 * server accepts both; esmond needs the slash for some. `/api/` has no trailing slashes.
 */
function withSlash(path: string): string {
  if (path.startsWith('/api/')) return path;
  return /\/(perfsonar|archive|\{metadataKey\}|\{eventType\}|\{summaryType\})$/.test(path) ? `${path}/` : path;
}
