/** The backups that exist, as the ops database knows them. The storage is what makes them exist; this makes them quick to find. */
import type { Queryable } from '@swfx/database';
import type { Manifest } from '../seal/manifest';

/**
 * What is known of a backup's worth. PROVEN: it was restored into a new database, and all that is in it, value by
 * value, equals the snapshot. RESTORED: the same as far as tables and row counts go, since it was taken without a full
 * fingerprint. CONTENT_DIFFERS: it restores to something else. CORRUPT: it does not restore, or its bytes
 * are not those that were stored. CANNOT_VERIFY_HERE: this machine lacks what a proof needs. NOT_YET: not tried.
 */
export const verdicts = [
  'NOT_YET',
  'PROVEN',
  'RESTORED',
  'CONTENT_DIFFERS',
  'CORRUPT',
  'CANNOT_VERIFY_HERE',
] as const;
export type Verdict = (typeof verdicts)[number];

/** Where a backup is: a storage, and a folder in it. */
export interface BackupPlace {
  storage: string;
  location: string;
}

/** Enters a backup; one that is there already stays as it is, and the answer is false. */
export async function insertBackup(db: Queryable, manifest: Manifest, place: BackupPlace): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO backup (id, database, storage, location, taken_at, finished_at, size_bytes, duration_seconds, manifest)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
    [
      manifest.id,
      manifest.database,
      place.storage,
      place.location,
      manifest.snapshot_at,
      manifest.finished_at,
      manifest.dump.stored_bytes,
      durationSeconds(manifest),
      manifest,
    ],
  );
  return rowCount === 1;
}

/** Enters that a backup is in another storage than it was, and is to be proven there; false when it is there already. */
export async function moveBackup(db: Queryable, id: string, place: BackupPlace): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup SET storage = $2, location = $3, verdict = 'NOT_YET', proof_due_at = now(), proof_attempt = 0,
            delete_marked_at = NULL, delete_reason = NULL
     WHERE id = $1 AND storage <> $2`,
    [id, place.storage, place.location],
  );
  return rowCount === 1;
}

/** Seconds from capture to commit. */
export function durationSeconds(manifest: Pick<Manifest, 'started_at' | 'finished_at'>): number {
  return (Date.parse(manifest.finished_at) - Date.parse(manifest.started_at)) / 1000;
}

/** Whether a folder of the storage is a backup of the catalogue. */
export async function isInCatalogue(db: Queryable, place: BackupPlace): Promise<boolean> {
  const { rowCount } = await db.query('SELECT 1 FROM backup WHERE storage = $1 AND location = $2', [
    place.storage,
    place.location,
  ]);
  return rowCount !== 0;
}

/** Stored bytes of a database's newest backup: the best guess at the next one. */
export async function lastSizeBytes(db: Queryable, database: string): Promise<number | undefined> {
  const { rows } = await db.query<{ size_bytes: number }>(
    'SELECT size_bytes FROM backup WHERE database = $1 ORDER BY taken_at DESC LIMIT 1',
    [database],
  );
  return rows[0]?.size_bytes;
}

/** A backup as the catalogue has it. */
export interface CataloguedBackup extends BackupPlace {
  id: string;
  database: string;
  takenAt: Date;
  sizeBytes: number;
  verdict: Verdict;
  manifest: Manifest;
}

const catalogued = `id, database, storage, location, taken_at AS "takenAt", size_bytes AS "sizeBytes", verdict, manifest`;

/** One backup; undefined when there is none of this id. */
export async function findBackup(db: Queryable, id: string): Promise<CataloguedBackup | undefined> {
  const { rows } = await db.query<CataloguedBackup>(`SELECT ${catalogued} FROM backup WHERE id = $1`, [id]);
  return rows[0];
}
