#!/usr/bin/env node
import { serve } from './serve.js';
import { runProgram } from './program.js';

await runProgram(() => serve(process.env));
