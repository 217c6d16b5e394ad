import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestDatabase, waitUntil } from '@swfx/testkit';
import { standInCredentials, startS3StandIn } from './testing/s3-stand-in';
import { prepareGround, targets } from './testing/start-test-service';

describe('a backup in a bucket', () => {
  it('is taken and read back like one in a folder, packed by gzip where zstd does not run, and with row counts only is no more than RESTORED, and is copied', async () => {
    const ground = await prepareGround();
    const broken = join(ground.folder, 'zstd');
    await writeFile(broken, '#!/bin/sh\nexit 127\n');
    await chmod(broken, 0o755);
    const source = await createTestDatabase({ migrate: false });
    const server = await startS3StandIn('backups');
    await source.pool.query('CREATE TABLE a AS SELECT generate_series(1, 1000) AS i');
    const service = await ground.start({
      BACKUP_TARGETS: targets(source.url),
      BACKUP_FINGERPRINT: 'rows',
      PATH: `${ground.folder}:${process.env['PATH']}`,
      BACKUP_STORAGE_ADAPTER: 's3',
      BACKUP_S3_BUCKET: 'backups',
      BACKUP_S3_PREFIX: 'some/where',
      BACKUP_S3_ENDPOINT: server.url,
      BACKUP_S3_ACCESS_KEY_ID: standInCredentials.accessKeyId,
      BACKUP_S3_SECRET_ACCESS_KEY: standInCredentials.secretAccessKey,
      BACKUP_COPY_TO: join(ground.folder, 'second'),
    });
    const { location, verdict } = await ground.judged(await ground.request());
    expect(verdict).toBe('RESTORED');
    expect([...server.objects.keys()].sort()).toEqual([
      `some/where/${location}/dump.pgdump.gz`,
      `some/where/${location}/manifest.json`,
    ]);
    await waitUntil(async () => (await service.metric('db_backup_copies_total{outcome="succeeded"}')) === 1);
    const copied = await readdir(join(ground.folder, 'second', location));
    expect(copied.map((file) => `some/where/${location}/${file}`).sort()).toEqual(
      [...server.objects.keys()].sort(),
    );
    expect(await service.metric('celery_workers_active')).toBe(5);
    expect(await service.metric('backup_storage_up{storage="copy"}')).toBe(1);
    await service.stop();
    await server.stop();
    await source.drop();
    await ground.drop();
  });
});
