import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAbandoned, noteOwner } from './abandoned-data';

const root = mkdtempSync(join(tmpdir(), 'swfx-abandoned-'));
afterAll(() => rmSync(root, { recursive: true }));

test('names the data whose clone is gone, and none of a clone that is there or of nobody knows whom', async () => {
  const parent = join(root, 'data');
  const clones = ['here', 'gone'].map((name) => ({
    folder: join(parent, `of-${name}`),
    stateDir: join(root, name, '.swfx'),
  }));
  for (const { folder, stateDir } of clones) {
    mkdirSync(folder, { recursive: true });
    mkdirSync(stateDir, { recursive: true });
    await noteOwner(folder, stateDir);
  }
  mkdirSync(join(parent, 'without-a-note'));
  expect(await findAbandoned(parent)).toEqual([]);
  rmSync(join(root, 'gone'), { recursive: true });
  expect(await findAbandoned(parent)).toEqual([clones[1]]);
  expect(await findAbandoned(join(root, 'nowhere'))).toEqual([]);
});
