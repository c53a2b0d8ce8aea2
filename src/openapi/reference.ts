import { type INestApplication, Injectable } from '@nestjs/common';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { AppConfig } from '../config/config.js';
import { createDocument } from './document.js';

/** Where the pages are. */
export const PAGES = 'docs';

/** The OpenAPI document of the running server. It is made when it is first asked for. */
@Injectable()
export class Reference {
  private app: INestApplication | undefined;
  private document: OpenAPIObject | undefined;
  private text: Buffer | undefined;

  constructor(private readonly config: AppConfig) {}

  /** Serves the document as pages, too. All routes must be known to Nest, and the hooks of requests be set. */
  serve(app: INestApplication): void {
    this.app = app;
    SwaggerModule.setup(PAGES, app, () => this.get(), {
      raw: false, // the JSON has a route of its own
      customSiteTitle: 'Marigram',
      customCss: '.swagger-ui .topbar { display: none }',
      swaggerOptions: {
        // Nothing is asked of other servers: by default, one is asked whether the document is valid.
        validatorUrl: null,
        defaultModelsExpandDepth: 0,
        docExpansion: 'list',
      },
    });
  }

  /** The document. */
  get(): OpenAPIObject {
    if (!this.app) throw new Error('the app is not known yet');
    return (this.document ??= createDocument(this.app, this.config));
  }

  /** The document as it is sent. */
  json(): Buffer {
    return (this.text ??= Buffer.from(JSON.stringify(this.get())));
  }
}
