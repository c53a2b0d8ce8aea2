import { Argument, type Command, InvalidArgumentError } from 'commander';
import { EVENT_TYPE_NAME, EVENT_TYPE_NAME_RULE, MAX_DESCRIPTION, MAX_UNIT } from '../event-types/catalogue.js';
import { DATA_TYPE_NAMES, type DataTypeName } from '../event-types/data-types.js';
import { type ListOptions, withOutput } from './list.js';

/** Declares the commands on event types, with this environment. */
export function declareEventTypes(program: Command, env: NodeJS.ProcessEnv): void {
  const eventType = program
    .command('event-type')
    .description('what can be measured: the built-in event types, and those of your own');
  eventType
    .command('add')
    .description('declare an event type; one that is declared already gets the unit and the description')
    .argument('<name>', 'such as rack-temperature', name)
    .addArgument(new Argument('<data-type>', 'the kind of its values').choices(DATA_TYPE_NAMES))
    .option('--unit <unit>', 'the unit of its numbers, such as °C', upTo(MAX_UNIT))
    .option('--description <text>', 'what it says', upTo(MAX_DESCRIPTION))
    .action(async (added: string, dataType: DataTypeName, options: { unit?: string; description?: string }) => {
      await (await import('./event-type.command.js')).addEventType(env, { name: added, dataType, ...options });
    });
  withOutput(eventType.command('list').description('list all event types')).action(async (options: ListOptions) => {
    await (await import('./event-type.command.js')).listEventTypes(env, options);
  });
  eventType
    .command('remove')
    .description('remove declared event types that no metadata has')
    .argument('<name...>', 'as in the list')
    .action(async (removed: string[]) => {
      await (await import('./event-type.command.js')).removeEventTypes(env, removed);
    });
}

function name(text: string): string {
  if (!EVENT_TYPE_NAME.test(text)) throw new InvalidArgumentError(`${EVENT_TYPE_NAME_RULE}.`);
  return text;
}

function upTo(length: number): (text: string) => string {
  return (text) => {
    if (text.length > length) throw new InvalidArgumentError(`Expected at most ${length} characters.`);
    return text;
  };
}
