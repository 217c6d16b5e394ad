/**
 * Enters backups that the storage has and the catalogue has not: the ops database is new, or was restored to an earlier
 * day. They wait for their proof like any other, since the verdict is the one thing that a storage cannot tell. What the
 * catalogue has in another storage is entered as being here: the second copies have become the first ones.
 */
import { insertBackup, moveBackup, type BackupPlace } from '../catalogue/backups';
import { insertFoundRun } from '../catalogue/backup-runs';
import { listOpenRuns } from '../catalogue/orphans';
import type { BackupWork } from '../run/backup-work';
import { parseManifest, type Manifest } from '../seal/manifest';
import { readManifest } from '../storage/backup-folder';
import type { AttemptFolder } from './find-orphans';

/** Looks at the folders of a database's part of the storage. */
export async function enterFoundBackups(
  work: BackupWork,
  found: { database: string; folders: readonly AttemptFolder[]; candidates: readonly BackupPlace[] },
): Promise<void> {
  const here = found.candidates.filter(({ storage }) => storage === work.storage.name);
  const known = new Set(here.map(({ location }) => location));
  const unknown = found.folders.filter(({ hasManifest, location }) => hasManifest && !known.has(location));
  if (unknown.length === 0) return;
  // A run that has written its manifest and not yet said so enters its backup itself.
  const open = await listOpenRuns(
    work.pool,
    unknown.map(({ runId }) => runId),
  );
  for (const { location, runId } of unknown) {
    if (open.has(runId)) continue;
    const parsed = parseManifest((await readManifest(work.storage, location)) ?? '', work.keys.signing);
    if (!parsed.ok) {
      work.logger.warn('What looks like a backup is none', { location, problem: parsed.problem });
      continue;
    }
    if (parsed.manifest.database === found.database && parsed.manifest.id === runId)
      await enter(work, parsed.manifest, location);
  }
}

async function enter(work: BackupWork, manifest: Manifest, location: string): Promise<void> {
  const { id, database } = manifest;
  const entered = await work.audit.transaction(async (client, note) => {
    await insertFoundRun(client, manifest);
    const place = { storage: work.storage.name, location };
    if (!(await insertBackup(client, manifest, place)) && !(await moveBackup(client, id, place)))
      return false;
    await note({
      action: 'db_backup_catalogued',
      outcome: 'success',
      actor: 'service:backup-service',
      subject: null,
      operationId: id,
      fields: { backup_id: id, database },
    });
    return true;
  });
  if (entered) work.logger.info('A backup was found in the storage', { backup_id: id, database });
}
