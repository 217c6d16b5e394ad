#!/usr/bin/env node
// `npm start`: nothing is installed yet when this runs, so it and what it imports use Node alone.
import { requireNode } from './require-node.mjs';

if (requireNode()) import('./run-start.mjs').then(({ runStart }) => runStart(process.argv.slice(2)));
