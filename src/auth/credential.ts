import { type IncomingHttpHeaders } from 'node:http';
import { Unauthorized } from '../common/errors.js';

/** The key that a client sends. */
export interface Credential {
  readonly key: string;
  /** The user that the key must belong to, in the form `ApiKey USER:KEY`. */
  readonly username?: string;
}

/**
 * A form of a key that not every route takes, with a user's name of any value: `basic` as the password of
 * `Authorization: Basic`, `pair` as `Authorization: Token USER:KEY`, `query` as the parameter `p`.
 */
export type CredentialForm = 'basic' | 'pair' | 'query';

/** The parts of a request that may carry a key. */
export interface KeyPlaces {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
}

/**
 * Reads the credential of a request: `Authorization: Token KEY`, `Bearer KEY` or `ApiKey USER:KEY` (the scheme in any
 * case), or `X-API-Key: KEY`, or else one of the further forms; an empty password counts as absent. Returns `undefined` for
 * other schemes, as in esmond. Throws `Unauthorized` if one of these forms is malformed.
 */
export function pickCredential(
  { headers, url }: KeyPlaces,
  forms: readonly CredentialForm[] = [],
): Credential | undefined {
  const [scheme = '', ...words] = (headers.authorization ?? '').trim().split(/\s+/);
  switch (scheme.toLowerCase()) {
    case 'token':
    case 'bearer': {
      const word = onlyWord(scheme, words);
      return { key: forms.includes('pair') ? word.slice(word.lastIndexOf(':') + 1) : word };
    }
    case 'apikey': {
      const [username, key] = words.join(' ').split(':', 2);
      return username && key ? { username, key } : undefined;
    }
    case 'basic': {
      const key = forms.includes('basic') ? passwordIn(words) : undefined;
      if (key !== undefined) return { key };
    }
  }
  const header = headers['x-api-key'];
  if (header !== undefined) return { key: onlyWord('X-API-Key', [header].flat()) };
  const parameter = forms.includes('query') ? passwordOf(url) : undefined;
  return parameter === undefined ? undefined : { key: parameter };
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

/** The parameter `p` of a URL. */
function passwordOf(url: string): string | undefined {
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('p') || undefined;
}
