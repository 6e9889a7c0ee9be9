#!/usr/bin/env node
/** `ddcolor-elastic`: a fresh clone is made ready as by any npm script, then the TypeScript entry takes over. */
process.argv.splice(2, 0, 'cli');
await import('../local/ensure.mjs');
