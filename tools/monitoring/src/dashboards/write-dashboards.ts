import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inRepository } from '../repository';
import { dashboardFiles } from './all-dashboards';

for (const [path, content] of Object.entries(dashboardFiles())) {
  mkdirSync(dirname(inRepository(path)), { recursive: true });
  writeFileSync(inRepository(path), content);
}
