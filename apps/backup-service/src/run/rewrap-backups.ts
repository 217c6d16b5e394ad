/**
 * After a rotation of the keys: every backup whose manifest is wrapped or signed with another key than the one in front
 * gets a new manifest, and its dump stays. Its second copy, where it has one, is behind until it has that manifest too.
 * When this has been done once, the old key may leave the ring.
 */
import { allowPause, type Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { BackupPlace } from '../catalogue/backups';
import { reopenCopy } from '../catalogue/copies';
import type { Manifest } from '../seal/manifest';
import { isOutdated, rewrapManifest } from '../seal/rewrap-manifest';
import { readManifest, replaceManifest } from '../storage/backup-folder';
import type { BackupWork } from './backup-work';

type Work = Pick<BackupWork, 'pool' | 'storage' | 'keys' | 'audit' | 'logger'>;

interface Held extends BackupPlace {
  id: string;
  database: string;
}

const againMs = 60_000;
/** How long a storage may take with a manifest while its backup's row is held. */
const storageMs = 300_000;

/** Does it once the ops database answers, and is done when every backup has been looked at. */
export function startRewrapping(work: Work): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = look();
  async function look(): Promise<void> {
    try {
      await rewrapBackups(work, stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return;
      work.logger.debug('Backups could not be looked at for old keys', { error: errorMessage(error) });
      timer = setTimeout(() => (working = look()), againMs);
    }
  }
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await working;
    },
  };
}

/** One pass over the catalogue. Throws what is not about a single backup. */
export async function rewrapBackups(work: Work, signal: AbortSignal): Promise<void> {
  for (const backup of await listOutdated(work)) {
    signal.throwIfAborted();
    const failure = await rewrapOne(work, backup, signal);
    if (failure === undefined) continue;
    work.logger.warn('A backup keeps its old key', { backup_id: backup.id, error: failure });
  }
}

async function listOutdated({ pool, storage, keys }: Work): Promise<Held[]> {
  const { rows } = await pool.query<Held & Pick<Manifest, 'encryption' | 'signature'>>(
    `SELECT id, database, storage, location, manifest -> 'encryption' AS encryption, manifest -> 'signature' AS signature
     FROM backup WHERE storage = $1 AND delete_marked_at IS NULL ORDER BY taken_at DESC`,
    [storage.name],
  );
  return rows.filter((row) => isOutdated(row, keys));
}

/** The row is held meanwhile: a backup that is being deleted must not get its manifest back. */
async function rewrapOne(work: Work, backup: Held, signal: AbortSignal): Promise<string | undefined> {
  return work.audit.transaction(async (client, note) => {
    await allowPause(client, storageMs);
    if (!(await holdBackup(client, backup.id))) return undefined;
    const content = await readManifest(work.storage, backup.location);
    if (content === undefined) return 'its manifest is not in the storage';
    const result = rewrapManifest(content, work.keys);
    if (result.outcome === 'failed') return result.reason;
    if (result.outcome === 'rewrapped') {
      await replaceManifest(work.storage, backup.location, result.content, signal);
      await client.query('UPDATE backup SET manifest = $2 WHERE id = $1', [backup.id, result.manifest]);
      await reopenCopy(client, backup.id, { lost: false });
      await note(rewrapped(backup, work));
    }
    return undefined;
  });
}

async function holdBackup(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'SELECT 1 FROM backup WHERE id = $1 AND delete_marked_at IS NULL FOR UPDATE',
    [id],
  );
  return rowCount === 1;
}

const rewrapped = ({ id, database }: Held, { keys }: Work) =>
  ({
    action: 'db_backup_rewrapped',
    outcome: 'success',
    actor: 'service:backup-service',
    subject: null,
    operationId: id,
    fields: {
      backup_id: id,
      database,
      encryption_key_id: keys.encryption?.sealing.id ?? null,
      signing_key_id: keys.signing?.sealing.id ?? null,
    },
  }) as const;
