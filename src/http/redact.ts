/** A URL as the log may have it: esmond's old clients put their key into the query (`?api_key=…`). */
export function withoutKey(url: string): string {
  return url.replace(/([?&;](?:api[_-]?)?key=)[^&;]*/gi, '$1…');
}
