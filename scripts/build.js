// Builds the SDK and the server; with the argument `sdk` only the SDK.
import { build, builds } from './builds.js';

for (const one of process.argv[2] === 'sdk' ? builds.slice(0, 1) : builds) build(one);
