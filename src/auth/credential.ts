import { type IncomingHttpHeaders } from 'node:http';
import { Unauthorized } from '../common/errors.js';

/** The key that a client sends. */
export interface Credential {
  readonly key: string;
  /** The user that the key must belong to, in the form `ApiKey USER:KEY`. */
  readonly username?: string;
}

/**
 * Reads the credential from a request's headers: `Authorization: Token KEY`, `Bearer KEY` or `ApiKey USER:KEY` (the
 * scheme in any case), or `X-API-Key: KEY`. Returns `undefined` for other schemes, as in esmond. Throws `Unauthorized`
 * if one of these forms is malformed.
 * @param takesBasic whether a password may be the key, too, whoever its user is; an empty one counts as absent.
 */
export function pickCredential(headers: IncomingHttpHeaders, takesBasic = false): Credential | undefined {
  const [scheme = '', ...words] = (headers.authorization ?? '').trim().split(/\s+/);
  switch (scheme.toLowerCase()) {
    case 'token':
    case 'bearer':
      return { key: onlyWord(scheme, words) };
    case 'apikey': {
      const [username, key] = words.join(' ').split(':', 2);
      return username && key ? { username, key } : undefined;
    }
    case 'basic': {
      const key = takesBasic ? passwordIn(words) : undefined;
      if (key !== undefined) return { key };
    }
  }
  const key = headers['x-api-key'];
  return key === undefined ? undefined : { key: onlyWord('X-API-Key', [key].flat()) };
}

function onlyWord(scheme: string, words: readonly string[]): string {
  const [word, ...more] = words;
  if (!word || more.length > 0) throw new Unauthorized(`${scheme}: expected one key after it, without blanks`);
  return word;
}

/** The password in the encoded pair `USER:PASSWORD`. */
function passwordIn([encoded = '']: readonly string[]): string | undefined {
  const pair = Buffer.from(encoded, 'base64').toString();
  return /^[^:]*:(.+)$/s.exec(pair)?.[1];
}
