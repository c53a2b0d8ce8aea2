/** Names of query parameters that may carry a secret (`p` is InfluxDB's), in any case; `metadata-key` is the exception. */
const SECRET = /^p$|key|token|auth|passw|secret|credential|session|signature/i;
const HARMLESS = /^metadata[-_]key$/i;

/** A statement that sets a user's password. */
const SECRET_STATEMENT = /passw/i;

/** An API key, anywhere in a text. */
const API_KEY = /[\da-f]{40,}/gi;

/**
 * A URL without secrets, for the log. Keys don't belong in URLs, but esmond's old clients send theirs in the query
 * (`?api_key=…`), others try other names, and names and values may be escaped.
 */
export function withoutKey(url: string): string {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const shown = withoutApiKeys(path);
  return at < 0 ? shown : `${shown}?${url.slice(at + 1).replace(/[^&;]+/g, withoutSecret)}`;
}

function withoutSecret(parameter: string): string {
  const at = parameter.indexOf('=');
  if (at < 0) return withoutApiKeys(parameter);
  const name = parameter.slice(0, at);
  const plain = unescaped(name);
  const shown = withoutApiKeys(name);
  const value = parameter.slice(at + 1);
  const isSecret = (SECRET.test(plain) && !HARMLESS.test(plain)) || SECRET_STATEMENT.test(unescaped(value));
  return `${shown}=${isSecret ? '…' : withoutApiKeys(value)}`;
}

/** A text without anything that looks like an API key; without all of it where that is hidden by escapes. */
function withoutApiKeys(text: string): string {
  const shown = text.replace(API_KEY, '…');
  return shown.includes('%') && unescaped(shown).search(API_KEY) >= 0 ? '…' : shown;
}

/** A text without its escapes, those of escapes included; what is no UTF-8 is read byte by byte. */
function unescaped(text: string): string {
  let plain = text;
  for (let before = ''; before !== plain;) {
    before = plain;
    plain = plain.replace(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  }
  return plain;
}
