import { type INestApplication, Injectable } from '@nestjs/common';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { AppConfig } from '../config/config.js';
import { createDocument } from './document.js';

/** The path of the pages. */
export const PAGES = 'docs';

/** The OpenAPI document of the running server, built at the first request for it. */
@Injectable()
export class Reference {
  private app: INestApplication | undefined;
  private document: OpenAPIObject | undefined;
  private text: Buffer | undefined;

  constructor(private readonly config: AppConfig) {}

  /** Serves the document as web pages. Call it after all routes and hooks are registered. */
  serve(app: INestApplication): void {
    this.app = app;
    SwaggerModule.setup(PAGES, app, () => this.get(), {
      raw: false, // `OpenApiController` serves the JSON
      customSiteTitle: 'Marigram',
      customCss: '.swagger-ui .topbar { display: none }',
      swaggerOptions: {
        // By default the page asks another server whether the document is valid.
        validatorUrl: null,
        defaultModelsExpandDepth: 0,
        docExpansion: 'list',
      },
    });
  }

  /** The document. */
  get(): OpenAPIObject {
    if (!this.app) throw new Error('call serve() first');
    return (this.document ??= createDocument(this.app, this.config));
  }

  /** The document as JSON. */
  json(): Buffer {
    return (this.text ??= Buffer.from(JSON.stringify(this.get())));
  }
}
