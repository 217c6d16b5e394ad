import type { Queryable } from '@swfx/database';
import { formatTable } from '@swfx/service';
import type { Verdict } from '../catalogue/backups';
import type { Manifest } from '../seal/manifest';
import { formatBytes } from './format-bytes';

/** A backup in full, as `swfx backup show --json` prints it; without a manifest, the run that has made none. */
export interface ShownBackup {
  id: string;
  database: string;
  state: string;
  attempt: number;
  requested_by: string;
  requested_at: Date;
  reason: string | null;
  error: string | null;
  storage: string | null;
  location: string | null;
  verdict: Verdict | null;
  proof_level: string | null;
  verdict_reason: string | null;
  verdict_at: Date | null;
  /** Seconds that its proof took, from the storage to a compared database. */
  proof_seconds: number | null;
  /** Seconds that its last restore took. */
  restore_seconds: number | null;
  /** Since when it is marked to be deleted, and why. */
  delete_marked_at: Date | null;
  delete_reason: string | null;
  /** Its second copy; null where it is to have none. */
  copy: ShownCopy | null;
  manifest: Manifest | null;
}

/** The second copy of a backup. */
export interface ShownCopy {
  place: string;
  state: 'pending' | 'copied' | 'failed';
  /** When its dump was last copied and read back. */
  verified_at: string | null;
  attempt: number;
  reason: string | null;
  error: string | null;
}

/** The one backup whose id begins so; throws a sentence when there is none, or more. */
export async function showBackup(db: Queryable, id: string): Promise<ShownBackup> {
  const { rows } = await db.query<ShownBackup>(
    `SELECT run.id, run.database, run.state, run.attempt, run.requested_by, run.requested_at, run.reason, run.error,
            backup.storage, backup.location, backup.verdict, backup.proof_level, backup.verdict_reason,
            backup.verdict_at, backup.proof_seconds, backup.delete_marked_at, backup.delete_reason, backup.manifest,
            (SELECT json_build_object('place', place, 'state', state, 'verified_at', verified_at, 'attempt', attempt,
                                      'reason', reason, 'error', error)
             FROM backup_copy WHERE backup_id = backup.id) AS copy,
            (SELECT restore_seconds FROM db_restore WHERE backup_id = run.id AND restore_seconds IS NOT NULL
             ORDER BY finished_at DESC LIMIT 1) AS restore_seconds
     FROM backup_run run LEFT JOIN backup USING (id) WHERE starts_with(run.id::text, lower($1)) LIMIT 2`,
    [id],
  );
  const [found, another] = rows;
  if (!found) throw new Error(`There is no backup ${id}: npx swfx backup list shows those there are.`);
  if (another) throw new Error(`More than one backup begins with ${id}: give more of its id.`);
  return found;
}

/** The backup for people: facts, then its tables. */
export function summariseBackup(backup: ShownBackup): string {
  const { manifest } = backup;
  const facts: [string, string | number | null][] = [
    ['backup', backup.id],
    ['database', backup.database],
    ['state', `${backup.state}, attempt ${backup.attempt}, asked for by ${backup.requested_by}`],
    ...(backup.error ? [['error', `${backup.error} (${backup.reason})`] as [string, string]] : []),
    ...(manifest ? manifestFacts(backup, manifest) : []),
  ];
  const head = facts.map(([name, value]) => `${name.padEnd(14)}${value ?? '–'}`).join('\n');
  if (!manifest) return head;
  const tables = formatTable(manifest.tables, {
    TABLE: ({ schema, name }) => `${schema}.${name}`,
    ROWS: ({ rows }) => rows,
  });
  return `${head}\n\n${tables}`;
}

function manifestFacts(backup: ShownBackup, manifest: Manifest): [string, string | null][] {
  const { dump, source } = manifest;
  return [
    ['snapshot', manifest.snapshot_at],
    ['finished', manifest.finished_at],
    [
      'server',
      `Postgres ${source.server_version}, database ${source.database}, ${formatBytes(source.size_bytes)}`,
    ],
    ['stored', `${dump.stored_bytes} bytes, sha256 ${dump.stored_sha256}`],
    ['dumped', `${dump.dumped_bytes} bytes, sha256 ${dump.dumped_sha256}`],
    ['sealed', sealLine(manifest)],
    ['location', `${backup.storage}: ${backup.location}`],
    ...(backup.copy ? [['second copy', copyLine(backup.copy)] as [string, string]] : []),
    ['verdict', verdictLine(backup)],
    ['restore', restoreLine(backup)],
    ...(backup.delete_marked_at
      ? [
          ['deletion', `marked ${backup.delete_marked_at.toISOString()}: ${backup.delete_reason}`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(manifest.content?.excluded ?? []).map(({ schema, name, reason }): [string, string] => [
      'not compared',
      `${schema}.${name} ${reason}`,
    ]),
    ...manifest.warnings.map((warning): [string, string] => ['warning', warning]),
  ];
}

function copyLine({ place, state, verified_at: at, error, attempt }: ShownCopy): string {
  if (state === 'copied') return `${place}, read back ${at}`;
  const why = error ? `: ${error} (attempt ${attempt})` : '';
  return `${state === 'failed' ? 'failed, tried every hour' : 'pending'}, to ${place}${why}`;
}

function restoreLine({ restore_seconds: restored, proof_seconds: proven }: ShownBackup): string | null {
  if (restored !== null) return `took ${restored.toFixed(1)} s the last time`;
  return proven === null ? null : `its proof took ${proven.toFixed(1)} s`;
}

function sealLine({ encryption, signature }: Manifest): string {
  const openers = encryption?.keys.map(
    (key) => `${key.recipient === 'ring' ? 'key' : 'recovery key'} ${key.key_id}`,
  );
  const encrypted = openers ? `encrypted, opens with ${openers.join(' or ')}` : 'not encrypted';
  return `${encrypted}; ${signature ? `signed with key ${signature.key_id}` : 'not signed'}`;
}

function verdictLine({
  verdict,
  proof_level: level,
  verdict_reason: reason,
  verdict_at: at,
}: ShownBackup): string {
  const details = [level && `level ${level}`, at?.toISOString(), reason].filter(Boolean);
  return details.length > 0 ? `${verdict} (${details.join(', ')})` : String(verdict);
}
