import { EXAMPLE, shape } from '../common/api-docs.js';
import { HEADERS, refusal } from '../http/error-responses.js';
import { MAX_STATES } from './rule.dto.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';

const NEW_RULE = {
  name: 'hot',
  match: { 'subject-type': 'sensor', 'event-type': 'temperature' },
  condition: { op: '>=', value: 95 },
  warnings: 3,
  event: { type: 'TEMPERATURE_EXCEEDED', text: '{{value}} at {{sensor}}' },
};

const RULE = {
  id: '01944f3a-7c1e-7b52-9d0e-3f5a8c6b2d10',
  enabled: true,
  kind: 'value',
  ...NEW_RULE,
  reset: { after: 1 },
  order: 'arrival',
  'max-age': 86_400,
  event: { severity: 'warning', ...NEW_RULE.event },
  created: EXAMPLE.ts,
  changed: EXAMPLE.ts,
  by: 'me',
};

const ANSWER = { ...RULE, matching: 12 };

const BODY = {
  schema: shape('NewRule'),
  examples: { hot: { summary: 'Three temperatures of 95 or more in a row', value: NEW_RULE } },
};

const NAME_TAKEN = refusal('RuleExists', 'state-conflict', 'Another rule has the name.', 'there is another rule hot');

/** GET `rules`. */
export const LIST_RULES: OperationDocs = {
  id: 'listRules',
  tag: 'rules',
  summary: 'Lists the rules',
  description: 'All rules, sorted by name; there are at most 1,000.',
  answers: { 200: jsonAnswer('The rules.', { type: 'array', items: shape('Rule') }, [RULE]) },
};

/** GET `rules/RULE`. */
export const GET_RULE: OperationDocs = {
  id: 'getRule',
  tag: 'rules',
  summary: 'Reads a rule',
  description: 'By its id or its name; 404 if there is no such rule.',
  answers: { 200: jsonAnswer('The rule.', shape('Rule'), ANSWER) },
};

/** POST `rules`. */
export const POST_RULE: OperationDocs = {
  id: 'addRule',
  tag: 'rules',
  summary: 'Adds a rule',
  description:
    'Points that are stored from then on count, on every server of the archive: as many warnings in a row as the rule asks ' +
    'for open an event, in the transaction that stores the points. Only new points count, not those that are sent again, ' +
    'replace others or are imported.',
  body: BODY,
  answers: { 201: jsonAnswer('The rule.', shape('Rule'), ANSWER, { Location: HEADERS.location }), 409: NAME_TAKEN },
};

/** PUT `rules/RULE`. */
export const PUT_RULE: OperationDocs = {
  id: 'replaceRule',
  tag: 'rules',
  summary: 'Replaces a rule',
  description:
    'What is absent gets its default. Unless only the name or `event.text` differ, the rule begins anew: its counters are ' +
    'deleted and its open events close.',
  body: BODY,
  answers: { 200: jsonAnswer('The rule.', shape('Rule'), ANSWER), 409: NAME_TAKEN },
};

/** DELETE `rules/RULE`. */
export const DELETE_RULE: OperationDocs = {
  id: 'removeRule',
  tag: 'rules',
  summary: 'Removes a rule',
  description: 'Its open events close; events stay.',
  answers: { 200: jsonAnswer('The removed rule.', shape('Rule'), ANSWER) },
};

/** GET `rules/RULE/states`. */
export const LIST_RULE_STATES: OperationDocs = {
  id: 'listRuleStates',
  tag: 'rules',
  summary: 'Reads how far a rule is',
  description: `The series that have warnings in a row, those with most of them first; at most ${MAX_STATES}.`,
  answers: {
    200: jsonAnswer('The states.', { type: 'array', items: shape('RuleState') }, [
      {
        'metadata-key': EXAMPLE.key,
        sensor: 's1',
        'event-type': 'temperature',
        warnings: 3,
        normals: 0,
        since: EXAMPLE.ts,
        peak: 100,
        last: 99,
        event: '01944f3b-0d5a-7c3e-8f21-6b9c0d4e5a17',
      },
    ]),
  },
};

/** POST `rules/rehearsal`. */
export const REHEARSE_RULE: OperationDocs = {
  id: 'rehearseRule',
  tag: 'rules',
  summary: 'Tries a rule over what is stored',
  description:
    'What the rule would have found, had the stored points come in the order of their times; `max-age` does not count. ' +
    'Nothing changes, and no rule needs to exist.',
  body: {
    schema: shape('NewRehearsal'),
    examples: {
      hot: {
        summary: 'A day of temperatures',
        value: { rule: NEW_RULE, since: EXAMPLE.ts, until: EXAMPLE.ts + 86_400, limit: 100 },
      },
    },
  },
  answers: {
    200: jsonAnswer('What it would have found.', shape('Rehearsal'), {
      ...{ series: 12, points: 17_280, warnings: 7, open: 0, truncated: false },
      events: [
        {
          ...{ sensor: 's1', 'metadata-key': EXAMPLE.key, 'event-type': 'temperature' },
          ...{ opened: EXAMPLE.ts + 120, 'first-warning': EXAMPLE.ts, value: 99, closed: EXAMPLE.ts + 180 },
          ...{ warnings: 3, peak: 100 },
        },
      ],
    }),
  },
};
