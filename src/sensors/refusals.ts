import { Invalid, NotFound } from '../common/errors.js';
import { archiveFormat, type RefusalFormat } from '../http/refusal-format.js';

/** What is wrong with a member of a request. */
export interface BadMember {
  readonly field: string;
  readonly message: string;
}

/** How many of them an answer names. */
const NAMED_MEMBERS = 100;

/** A request with bad members, of which there is at least one; nothing was stored. */
export class BadMembers extends Invalid {
  override readonly fields;

  constructor(members: readonly BadMember[]) {
    super(members[0]?.message);
    this.fields = { response: members.slice(0, NAMED_MEMBERS) };
  }
}

/** A sensor that is not known where only known ones may write. */
export class UnknownSensor extends NotFound {
  override readonly fields = { response: [{ field: 'sensorUuid', message: 'there is no such sensor here' }] };
}

/** The fields of refusals that name none. */
const FIELDS: Readonly<Record<number, string>> = { 400: 'body', 409: 'at' };

/** `{"result": false, "response": [{"field": …, "message": …}]}` for what is wrong with points; the archive's format for the rest. */
export const sensorFormat: RefusalFormat = (refusal, request, reply) => {
  const { status, detail, fields: { response } = {} } = refusal;
  const field = FIELDS[status];
  if (response === undefined && field === undefined) return archiveFormat(refusal, request, reply);
  void reply.header('content-type', SENSOR_JSON);
  return JSON.stringify({ result: false, response: response ?? [{ field, message: detail }] });
};

/** The content type of answers to sensors. */
export const SENSOR_JSON = 'application/json; charset=utf-8';
