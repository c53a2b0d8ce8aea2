import fc from 'fast-check';

/** A request that nobody means well with. */
export interface HostileRequest {
  /** For HEAD, which changes what an answer looks like, and for messages. */
  readonly method: string;
  /** The bytes, to be sent with a pause of so many milliseconds between them. */
  readonly pieces: readonly Buffer[];
  readonly pause: number;
}

/** What a request can aim at. */
export interface Targets {
  /** URL paths with their parameters in braces, as in an OpenAPI document. */
  readonly paths: readonly string[];
  /** Names of query parameters. */
  readonly parameters: readonly string[];
  /** A key that may write, to a session `x` and its stream `x`, too. */
  readonly key: string;
  /** A metadata key that exists, and an event type that it has. */
  readonly metadataKey: string;
  readonly eventType: string;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'get', 'X'];

/** Texts that have broken some server once: of SQL, paths, objects, numbers, templates, logs and encodings. */
const TRICKS = [
  ...[`'`, `''`, `'; DROP TABLE point; --`, `1' OR '1'='1`, `") UNION SELECT 1 --`, `$1`, `\\`, `%`, `_`, `/*`],
  ...[
    '..',
    '../../../etc/passwd',
    '%2e%2e%2f',
    '..%5c..%5c',
    '/',
    '//',
    '.',
    'base/../..',
    '%00',
    'a%00b',
    '%0d%0aX: y',
  ],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', '__proto__[x]'],
  ...['1e309', '-1e309', 'NaN', 'Infinity', '-0', '0x10', '1_0', '9'.repeat(400), '-9223372036854775809', '1e-400'],
  ...['18446744073709551616', '253402300800', '-62135596801', '0.0000001', '٣', '１'],
  ...['${7*7}', '{{7*7}}', '%s%n%x', '<script>alert(1)</script>', 'javascript:alert(1)', '${jndi:ldap://a/b}'],
  ...['%ff', '%c0%af', '%ed%a0%80', '%', '%zz', '%u0041', '\u202e', 'ﷺ', '😀', 'é', '\ufeff', '\u2028'],
  ...[
    '',
    ' ',
    '+',
    '\t',
    'null',
    'undefined',
    'true',
    '[]',
    '{}',
    'a'.repeat(301),
    'a'.repeat(5000),
    '::1',
    '10.0.0.0/8',
  ],
  ...['fe80::1%eth0', 'localhost', '192.0.2.1\n', '2024-13-45', 'base', 'statistics', 'averages', 'throughput'],
];

const trick = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TRICKS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.double().map(String) },
);

/** As much as a request line can carry; what is no such character is escaped, mostly. */
const inUrl = fc.tuple(trick, fc.boolean()).map(([text, isEscaped]) => {
  const escaped = isEscaped ? encodeURIComponent(text.toWellFormed()) : text;
  return escaped.replace(/[^\x21-\x7e]/gu, (char) => encodeURIComponent(char.toWellFormed()));
});

/** JSON of the shapes that the archive takes, with something wrong in most of its places. */
function bodies({ metadataKey, eventType }: Targets): fc.Arbitrary<Buffer> {
  const leaf = fc.oneof(
    trick.map((text) => JSON.stringify(text)),
    fc.constantFrom('1e999', '-0', '123456789012345678901234567890', '1e-7', '00', '1.', '.5', 'NaN', 'true', 'null'),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.integer({ min: 1, max: 200_000 }).map((depth) => '['.repeat(depth)),
    fc.integer({ min: 100, max: 20_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
    fc.constantFrom('"\\ud800"', '"\\u0000"', '"\\x"', '"a\nb"', '"unclosed', '{"a":1,"a":2}', '{"__proto__":{"x":1}}'),
  );
  const names = [
    ...['ts', 'val', 'data', 'event-type', 'event-types', 'metadata-key', 'subject-type', 'source', 'destination'],
    ...['measurement-agent', 'tool-name', 'input-source', 'summaries', 'summary-type', 'summary-window', 'uri', 'url'],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'x'.repeat(129), '', 'a\\u0000b'],
  ];
  const object = fc
    .array(fc.tuple(fc.constantFrom(...names), leaf), { maxLength: 8 })
    .map((entries) => `{${entries.map(([name, value]) => `"${name}":${value}`).join(',')}}`);
  const point = leaf.map((val) => `{"ts":${val},"val":${val}}`);
  const bulk = leaf.map(
    (val) =>
      `{"data":[{"ts":1,"val":[{"event-type":"${eventType}","val":1},{"event-type":"${eventType}","val":${val}}]}]}`,
  );
  const keyed = leaf.map(
    (val) => `{"data":[{"metadata-key":"${metadataKey}","ts":${val},"val":[{"event-type":"no-such","val":1}]}]}`,
  );
  const metadata = leaf.map(
    (value) =>
      `{"subject-type":"network-element","source":"192.0.2.1","measurement-agent":${value},"event-types":[${value}]}`,
  );
  const session = leaf.map((value) => `{"test-start":${value},"test-end":${value},"meta":{"a":${value}}}`);
  const stream = leaf.map(
    (value) => `{"type":"metric","aggregate":true,"meta":${value},"parent":${value},"summaries":[${value}]}`,
  );
  const columns = leaf.map((value) => `{"ts":[1,${value}],"value":[${value},1]}`);
  const rows = leaf.map((value) => `[[1,${value}]]`);
  const streams = leaf.map((value) => `{"streams":[{"stream":"x","row":${value},"ts":[1],"value":[${value}]}]}`);
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  return fc.oneof(
    fc
      .oneof(leaf, object, point, bulk, keyed, metadata, session, stream, columns, rows, streams)
      .map((text) => Buffer.from(text)),
    // Bad UTF-8 in the middle of good JSON.
    fc
      .tuple(object, bytes)
      .map(([text, odd]) => Buffer.concat([Buffer.from(text.slice(0, -1)), odd, Buffer.from('}')])),
    bytes,
  );
}

/** Hostile requests at these targets. */
export function hostileRequests(targets: Targets): fc.Arbitrary<HostileRequest> {
  const { key, paths, parameters, metadataKey, eventType } = targets;
  const usual: Record<string, string> = { metadataKey, eventType, summaryType: 'averages', window: '300', row: '0' };
  const path = fc
    .tuple(fc.constantFrom(...paths, ...paths, '/', '/docs', '/nowhere'), fc.infiniteStream(inUrl), fc.nat(15))
    .map(([pattern, odd, which]) => {
      let index = 0;
      return pattern.replace(/\{(\w+)\}/g, (_, name: string) =>
        which & (1 << index++) ? (odd.next().value as string) : (usual[name] ?? 'x'),
      );
    });
  const query = fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...parameters, 'api_key', '__proto__'), inUrl), inUrl), {
      maxLength: 4,
    })
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));
  const flood = fc
    .constantFrom('a=1&', 'tool-name=x&', '%61=%62&', '&')
    .chain((one) => fc.integer({ min: 100, max: 20_000 }).map((size) => one.repeat(size / one.length)));
  const url = fc
    .tuple(path, fc.oneof({ weight: 20, arbitrary: query }, { weight: 1, arbitrary: flood }))
    .map(([pathText, queryText]) => (queryText === '' ? pathText : `${pathText}?${queryText}`));

  const credentials = fc.constantFrom(
    ...[
      `Authorization: Token ${key}`,
      `Authorization: Token ${key}`,
      `Authorization: Bearer ${key}`,
      `X-API-Key: ${key}`,
    ],
    ...[
      `Authorization: Token ${key} x`,
      `Authorization: Token`,
      `Authorization: Basic ${key}`,
      'Authorization: ',
      'X: y',
    ],
    ...[`Authorization: ApiKey x:${key}`, `Authorization: Token ${'f'.repeat(40)}`, 'Authorization: Token \x80\xff'],
  );
  const inHeader = trick.map((text) => text.replace(/[\r\n\0]/g, ' '));
  const header = fc.oneof(
    credentials,
    fc.constantFrom(
      'Content-Type: application/json',
      'Content-Type: text/plain',
      'Content-Type: text/tab-separated-values',
      'Content-Type: application/vnd.marigram.columns',
      'Content-Type: application/json;\x01',
    ),
    fc
      .tuple(
        fc.constantFrom(
          'Accept',
          'If-None-Match',
          'Origin',
          'X-Forwarded-For',
          'X-Forwarded-Host',
          'Accept-Encoding',
          'Range',
        ),
        inHeader,
      )
      .map(([name, value]) => `${name}: ${value}`),
    fc.constantFrom('Expect: 100-continue', 'Expect: 418', 'Upgrade: h2c', 'Connection: Upgrade', 'Host: a', 'Host: '),
    fc.constantFrom(
      'Idempotency-Key: x',
      'Content-Encoding: gzip',
      'X-HTTP-Method-Override: DELETE',
      ' folded: x',
      'bad header',
    ),
    fc.integer({ min: 1, max: 40_000 }).map((size) => `X-Flood: ${'f'.repeat(size)}`),
    fc
      .integer({ min: 100, max: 3000 })
      .map((count) => Array.from({ length: count }, (_, i) => `X-${i}: 1`).join('\r\n')),
  );
  /** What says how long the body is: the truth, or one of the lies that let two servers disagree. */
  const framing = (body: Buffer): fc.Arbitrary<[head: string, body: Buffer]> => {
    const size = body.length.toString(16);
    const chunked = Buffer.concat([Buffer.from(`${size}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
    const smuggled = Buffer.from(`0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: a\r\n\r\n`);
    const lies: [string, Buffer][] = [
      [`Content-Length: ${body.length + 10}`, body],
      [`Content-Length: ${Math.max(0, body.length - 3)}`, body],
      ['Content-Length: -1', body],
      ['Content-Length: 1e3', body],
      ['Content-Length: 99999999999999999999', body],
      [`Content-Length: ${body.length}\r\nContent-Length: 0`, body],
      [`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked`, chunked],
      ['Transfer-Encoding: chunked', smuggled],
      ['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', chunked],
      ['Transfer-Encoding: gzip, chunked', chunked],
      ['Transfer-Encoding: xchunked', chunked],
      ['Transfer-Encoding : chunked', chunked],
      ['Transfer-Encoding: chunked', Buffer.from('zz\r\nx\r\n')],
      ['Transfer-Encoding: chunked', Buffer.from('ffffffffffffffff\r\nx\r\n')],
      ['Transfer-Encoding: chunked', Buffer.from(`5;${'e'.repeat(20_000)}\r\nabcde\r\n0\r\n\r\n`)],
      ['', body],
    ];
    return fc.oneof(
      { weight: 12, arbitrary: fc.constant<[string, Buffer]>([`Content-Length: ${body.length}`, body]) },
      { weight: 4, arbitrary: fc.constant<[string, Buffer]>(['Transfer-Encoding: chunked', chunked]) },
      { weight: 4, arbitrary: fc.constantFrom(...lies) },
    );
  };

  const whole = fc
    .tuple(
      fc.constantFrom(...METHODS, 'POST', 'PUT', 'POST', 'PUT', 'GET'),
      url,
      fc.array(header, { maxLength: 4 }),
      fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      bodies(targets).chain(framing),
      fc.integer({ min: 0, max: 40 }),
    )
    .map(([method, target, headers, isProper, [length, body], slowness]) => {
      const isEmpty = method === 'GET' || method === 'HEAD';
      const lines = [
        `${method} ${target} HTTP/1.1`,
        'Connection: close',
        // Some requests are to no host.
        ...(slowness === 1 ? [] : ['Host: archive.example.net']),
        // Mostly what brings a request past the door, so that the rooms behind it are visited.
        ...(isProper ? [`Authorization: Token ${key}`, 'Content-Type: application/json'] : []),
        ...headers,
        ...(isEmpty || length === '' ? [] : [length]),
      ];
      const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
      const bytes = isEmpty ? head : Buffer.concat([head, body]);
      // Now and then a body comes drop by drop.
      const size = slowness === 0 ? Math.ceil(bytes.length / 8) : bytes.length;
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      return { method, pieces, pause: 5 };
    });
  const nonsense = fc
    .uint8Array({ minLength: 1, maxLength: 300 })
    .map((bytes) => ({ method: 'nonsense', pieces: [Buffer.from(bytes)], pause: 0 }));
  return fc.oneof({ weight: 60, arbitrary: whole }, { weight: 1, arbitrary: nonsense });
}
