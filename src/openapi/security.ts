import { type OpenAPIObject } from '@nestjs/swagger';
import { SCOPES, type Scope } from '../auth/scope.js';
import { EXAMPLE } from '../common/api-docs.js';
import { type AppConfig } from '../config/config.js';

const SCOPE = `A key has one of the scopes ${SCOPES.join(', ')}; each includes those before it.`;

/** The forms of a key in a request. */
export const SECURITY_SCHEMES: NonNullable<NonNullable<OpenAPIObject['components']>['securitySchemes']> = {
  Token: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: `The standard form: \`Authorization: Token KEY\`, such as \`Token ${EXAMPLE.apiKey}\`. ${SCOPE}`,
  },
  Bearer: { type: 'http', scheme: 'bearer', description: `\`Authorization: Bearer KEY\`. ${SCOPE}` },
  ApiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description:
      "`Authorization: ApiKey USER:KEY`, the form of esmond's older clients. The key must belong to the user; a wrong " +
      `pair counts as no key at all. ${SCOPE}`,
  },
  XApiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: `\`X-API-Key: KEY\`. ${SCOPE}` },
};

/** The security requirements of a route with this rule; a read needs no key unless `READ_ACCESS` is `key`. */
export function securityOf(access: Scope, { readAccess }: AppConfig): Record<string, string[]>[] {
  const forms = Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [access] }));
  return access === 'read' && readAccess === 'public' ? [{}, ...forms] : forms;
}
