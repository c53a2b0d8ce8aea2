import { type EventObject } from '../../src/events/event.dto.js';
import { type RuleStateObject } from '../../src/rules/rule.dto.js';
import { type TestArchive } from './archive.js';
import { type WirePoint } from './builders.js';

/** Three values of 95 or more in a row. */
export const HOT = {
  name: 'hot',
  match: { 'event-type': 'celsius' },
  condition: { op: '>=', value: 95 },
  'max-age': null,
  event: { type: 'TEMPERATURE_EXCEEDED', text: '{{rule}}: {{value}} in {{site}}' },
};

/** Values of degrees that look random, and are the same each time. */
export function generated(count: number): number[] {
  let x = 1;
  return Array.from({ length: count }, () => {
    x = (16807 * x) % 2147483647;
    return Math.round((1200 * x) / 2147483647) / 10;
  });
}

/** The rules of an archive that has the event type `celsius`, over HTTP. */
export class Rulebook {
  private constructor(
    private readonly archive: TestArchive,
    readonly admin: string,
  ) {}

  static async open(archive: TestArchive): Promise<Rulebook> {
    const admin = await archive.issueKey('admin');
    const celsius = { name: 'celsius', 'data-type': 'float', unit: '°C' };
    await archive.http.post('/api/v1/event-types').set('authorization', admin).send(celsius).expect(201);
    return new Rulebook(archive, admin);
  }

  /** Sends a rule, and expects nothing of the answer. */
  post(rule: object | string) {
    return this.archive.http
      .post('/api/v1/rules')
      .set({ authorization: this.admin, 'content-type': 'application/json' })
      .send(rule);
  }

  async add(rule: object) {
    return (await this.post(rule).expect(201)).body;
  }

  async replace(rule: object, name = 'hot') {
    const request = this.archive.http.put(`/api/v1/rules/${name}`).set('authorization', this.admin).send(rule);
    return (await request.expect(200)).body;
  }

  async remove(name: string): Promise<void> {
    await this.archive.http.delete(`/api/v1/rules/${name}`).set('authorization', this.admin).expect(200);
  }

  async removeAll(): Promise<void> {
    const { body } = await this.archive.http.get('/api/v1/rules').expect(200);
    for (const { name } of body) await this.remove(name);
  }

  async events(query = ''): Promise<EventObject[]> {
    return (await this.archive.http.get(`/api/v1/events${query}`).expect(200)).body.events;
  }

  async states(name: string): Promise<RuleStateObject[]> {
    return (await this.archive.http.get(`/api/v1/rules/${name}/states`).expect(200)).body;
  }

  /** Acknowledges or resolves an event. */
  act(id: string, action: 'acknowledge' | 'resolve', body: object = {}) {
    return this.archive.http.post(`/api/v1/events/${id}/${action}`).set('authorization', this.archive.auth).send(body);
  }

  /** Stores temperatures; conflicts are fine. */
  put(uri: string, points: readonly WirePoint[], server = this.archive) {
    return this.send(
      uri,
      points.map(({ ts, val }) => ({ ts, val: [{ 'event-type': 'celsius', val }] })),
      server,
    );
  }

  /** Stores items of a bulk PUT; conflicts are fine. */
  async send(uri: string, data: readonly object[], server = this.archive) {
    const answer = await server.http.put(uri).set('authorization', this.archive.auth).send({ data });
    if (![201, 409].includes(answer.status)) throw new Error(`${answer.status}: ${answer.text}`);
    return answer;
  }
}
