/**
 * The limit of what HTTP allows here: a bare Fastify in a process of its own. POST parses the body and answers `""`;
 * PUT /bytes/NAME keeps a body, and GET /bytes/NAME answers it.
 */
import Fastify from 'fastify';

const kept = new Map<string, Buffer>();
const app = Fastify({ bodyLimit: 64 * 1024 ** 2 });

app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => {
  done(null, body);
});

app.post('/*', (_request, reply) => {
  void reply.code(201).type('application/json').send('""');
});

app.put<{ Params: { name: string }; Body: Buffer }>('/bytes/:name', (request, reply) => {
  kept.set(request.params.name, request.body);
  void reply.code(201).send();
});

app.get<{ Params: { name: string } }>('/bytes/:name', (request, reply) => {
  void reply.type('application/json').send(kept.get(request.params.name));
});

// Ends with the bench, however that ends.
process.on('disconnect', () => process.exit());
console.log(`Listens on ${await app.listen({ host: '127.0.0.1', port: 0 })}`);
