import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@swfx/config';
import S3rver from 's3rver';
import { itIsABackupStorage } from '../testing/storage-contract';
import type { BackupStorage } from './backup-storage';
import { openS3Storage } from './s3-storage';

/** Not written by us, so that what we believe of S3 is not only what our own stand-in does. */
describe('the S3 storage on somebody else’s server', () => {
  let folder: string;
  let server: S3rver;
  let storage: BackupStorage;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swfx-s3rver-'));
    server = new S3rver({
      address: '127.0.0.1',
      port: 0,
      silent: true,
      directory: folder,
      configureBuckets: [{ name: 'backups', configs: [] }],
    });
    const { port } = await server.run();
    storage = openS3Storage({
      bucket: 'backups',
      prefix: '',
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${port}`,
      accessKeyId: 'S3RVER',
      secretAccessKey: new Secret('S3RVER'),
      partBytes: () => 5 * 1024 * 1024,
    });
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  itIsABackupStorage(() => storage, { conditional: false });
});
