import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Queryable } from '@swfx/database';
import { insertFoundRun } from '../catalogue/backup-runs';
import { insertBackup } from '../catalogue/backups';
import type { BackupKeys } from '../seal/backup-keys';
import { generateDataKey, wrapDataKey } from '../seal/data-key';
import { sealManifest, serialiseManifest, type Manifest } from '../seal/manifest';
import { dumpFile } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';

const never = new AbortController().signal;

/** What is said to be a backup everywhere, and would restore to nothing: for what is done with backups as a whole. */
export async function storeBackup(
  db: Queryable,
  storage: BackupStorage,
  options: { keys: BackupKeys; daysAgo?: number; verdict?: string; bytes?: number },
): Promise<{ id: string; location: string; dump: Buffer; manifest: Manifest }> {
  const { keys, daysAgo = 0, verdict = 'PROVEN', bytes = 1_000 } = options;
  const id = randomUUID();
  const location = `platform/20261127T020000Z-${id}.1`;
  const dump = randomBytes(bytes);
  const manifest = sealManifest(describeTestBackup({ id, dump, keys, daysAgo }), keys.signing);
  await storage.put(`${location}/${manifest.dump.file}`, Readable.from([dump]), never);
  await storage.put(
    `${location}/manifest.json`,
    Readable.from([Buffer.from(serialiseManifest(manifest))]),
    never,
  );
  await insertFoundRun(db, manifest);
  await insertBackup(db, manifest, { storage: storage.name, location });
  await db.query('UPDATE backup SET verdict = $2 WHERE id = $1', [id, verdict]);
  return { id, location, dump, manifest };
}

/** The manifest of such a backup, not signed yet. */
export function describeTestBackup(backup: {
  id: string;
  dump: Buffer;
  keys: BackupKeys;
  daysAgo: number;
}): Manifest {
  const { id, dump, keys, daysAgo } = backup;
  const at = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
  const sha256 = createHash('sha256').update(dump).digest('hex');
  return {
    format: 'swfx-backup',
    version: 2,
    id,
    database: 'platform',
    attempt: 1,
    started_at: at,
    snapshot_at: at,
    finished_at: at,
    source: {
      database: 'platform',
      system_identifier: '1',
      server_version: '15',
      server_major: 15,
      encoding: 'UTF8',
      size_bytes: 1,
      extensions: [],
      roles: [],
      properties: null,
    },
    programs: { pg_dump: '15' },
    dump: {
      file: dumpFile({ encrypted: keys.encrypt }),
      format: 'pg_dump custom',
      compression: 'zstd',
      dumped_bytes: dump.length,
      dumped_sha256: sha256,
      stored_bytes: dump.length,
      stored_sha256: sha256,
    },
    encryption: keys.encryption
      ? {
          scheme: 'AES-256-GCM STREAM',
          chunk_bytes: 65_536,
          keys: wrapDataKey(generateDataKey(), id, { ring: keys.encryption, recovery: keys.recovery }),
        }
      : null,
    fingerprint_version: 1,
    proof_level: 'rows',
    tables: [],
    content: null,
    warnings: [],
    signature: null,
  };
}
