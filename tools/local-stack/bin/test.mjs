#!/usr/bin/env node
// `npm test`: nothing is installed yet when this runs, so it and what it imports use Node alone.
import { requireNode } from './require-node.mjs';

if (requireNode()) import('./run-test.mjs').then(({ runTest }) => runTest(process.argv.slice(2)));
