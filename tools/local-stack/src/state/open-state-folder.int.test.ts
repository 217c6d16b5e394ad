import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layoutOf } from './layout';
import { openStateFolder } from './open-state-folder';

const folder = () => mkdtempSync(join(tmpdir(), 'swfx-state-'));
const open = (path: string) => openStateFolder(layoutOf('/clone', path));

describe('openStateFolder', () => {
  it('makes a folder, and takes an empty one or its own', async () => {
    const path = folder();
    await open(join(path, 'new'));
    await open(join(path, 'new'));
    const own = folder();
    writeFileSync(join(own, 'secrets.json'), '{}');
    await open(own);
  });

  it('leaves a folder with other things in it alone', async () => {
    const path = folder();
    writeFileSync(join(path, 'thesis.txt'), '');
    await expect(open(path)).rejects.toThrow(`${path} holds other things`);
  });

  it('says in one sentence that it is a file', async () => {
    const path = join(folder(), 'file');
    writeFileSync(path, '');
    await expect(open(path)).rejects.toThrow('cannot be made: it is a file.');
  });
});
