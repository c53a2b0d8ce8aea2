import { Controller, Get, Headers, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { programVersion } from '../common/program-version.js';
import { AppConfig } from '../config/config.js';
import { protectPage } from '../http/headers.js';
import { Operation } from '../http/operation.js';
import { GET_WELCOME } from './welcome.docs.js';
import { type WelcomeObject } from './welcome.dto.js';

/** The root of the server: a page for people, JSON for programs. */
@Controller()
export class WelcomeController {
  private readonly facts: WelcomeObject;

  constructor({ pathPrefix }: AppConfig) {
    const archive = `${pathPrefix}/perfsonar/archive/`;
    this.facts = { name: 'Marigram', version: programVersion(), archive, docs: '/docs', openapi: '/openapi.json' };
  }

  @Get()
  @Operation(GET_WELCOME)
  show(@Headers('accept') accept = '', @Res({ passthrough: true }) reply: FastifyReply): WelcomeObject | string {
    // Browsers name it first; a program that takes anything gets JSON.
    if (!/^\s*text\/html\b/i.test(accept)) return this.facts;
    protectPage(reply);
    void reply.header('content-type', 'text/html; charset=utf-8');
    return pageOf(this.facts);
  }
}

/** Nothing needs escaping: all texts are constants, or a path that the admin has set. */
function pageOf({ name, version, archive, docs, openapi }: WelcomeObject): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${name}</title></head>
<body>
<h1>${name} ${version}</h1>
<p>A measurement archive: it keeps the results of network and performance measurements.</p>
<ul>
<li><a href="${archive}">The archive</a>: ${archive}</li>
<li><a href="${docs}">The reference of its API</a>, also as <a href="${openapi}">OpenAPI</a></li>
</ul>
</body>
</html>
`;
}
