// Builds what is older than its sources, before a command that needs it; says nothing on stdout. With the argument `sdk`
// that is the SDK alone: the types of the server need no more.
// In production (NODE_ENV=production, or an installation that this user may not write to) it never builds: the server
// runs from these files, and only `npm run build` replaces them.
import { build, builds, hasCompilers, isBuilt, isStale, isWritable } from './builds.js';

for (const one of process.argv[2] === 'sdk' ? builds.slice(0, 1) : builds) {
  if (!isStale(one)) continue;
  const obstacle = obstacleTo(one);
  if (obstacle === undefined) {
    build(one);
  } else if (isBuilt(one)) {
    console.error(`marigram: ${one.what} has changed since it was built, and the older build runs (${obstacle}).`);
    console.error('Run `npm run build` as the user who installed it, then restart the server.');
  } else {
    console.error(`marigram: ${one.what} is not built, and is not built now (${obstacle}).`);
    console.error('Run `npm run build` as the user who installed it.');
    process.exit(1);
  }
}

/** Why this command must not build, if so. */
function obstacleTo(one) {
  if (process.env.NODE_ENV === 'production') return 'NODE_ENV is production';
  if (!hasCompilers()) return 'the compiler is not installed';
  return isWritable(one) ? undefined : 'this user may not write there';
}
