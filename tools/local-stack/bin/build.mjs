#!/usr/bin/env node
// `npm run build`: every app and tool as one file in its `dist`, which runs without node_modules.
import { requireNode } from './require-node.mjs';

if (requireNode()) import('./run-build.mjs').then(({ runBuild }) => runBuild());
