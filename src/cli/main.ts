#!/usr/bin/env node
import { Command } from 'commander';
import { programVersion } from '../common/program-version.js';
import { runProgram } from '../program.js';
import { declareAccess } from './declare-access.js';
import { declareBackup } from './declare-backup.js';
import { declareEventTypes } from './declare-event-types.js';
import { declareImport } from './declare-import.js';
import { declarePut } from './declare-put.js';
import { declareRemoval } from './declare-removal.js';
import { declareServer } from './declare-server.js';
import { declareGet } from './get/declare-get.js';
import { explainMistakes } from './mistakes.js';
import { declareSession } from './session/declare-session.js';

const program = new Command('marigram')
  .version(programVersion())
  .description('A measurement archive. Configuration is by environment variables, see the README.');

// Each group is declared by one function. An action imports what it runs: `--help` answers without loading the server.
for (const declare of [
  declareServer,
  declareGet,
  declareAccess,
  declareEventTypes,
  declareBackup,
  declareImport,
  declarePut,
  declareRemoval,
  declareSession,
])
  declare(program, process.env);
explainMistakes(program);

await runProgram(async () => {
  await program.parseAsync();
});
