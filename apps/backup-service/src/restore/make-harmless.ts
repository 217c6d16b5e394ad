/**
 * Makes the rows of an ops database that is a while old harmless, before anybody meets them: a key set of which no
 * verifier has seen a newer one, signed by us, in which a new key signs and every old one is revoked; no session; nobody
 * who was disabled since; nothing that was asked back then and would be done now; a catalogue of the backups that there
 * are. It is one transaction of a database that has no users yet.
 */
import { enterAuditLine, readAuditLines, type AuditLine } from '@swfx/audit';
import type { KeyRing } from '@swfx/config';
import type { PoolClient } from '@swfx/database';
import { cutOff, generateSigningKey, prepareKey, readKeySet, updateKeySet } from '@swfx/signing-keys';
import { insertBackup } from '../catalogue/backups';
import { insertFoundRun } from '../catalogue/backup-runs';
import type { FoundBackup } from './read-catalogue';
import { epochToLeaveBehind, type UserRights, type Witnesses } from './read-witnesses';

export interface HarmlessOptions {
  ring: KeyRing;
  witnesses: Witnesses;
  /** When the backup was taken. */
  takenAt: Date;
  /** All that the storage holds. */
  found: readonly FoundBackup[];
  storage: string;
  auditFiles: readonly { file: string; writer: string }[];
}

export interface HarmlessResult {
  epoch: number;
  keysRevoked: number;
  sessionsEnded: number;
  usersDisabled: number;
  /** Users who had lost rights since, and would have had them again. */
  usersLimited: number;
  auditRecordsEntered: number;
  lastRecord: string | null;
}

/** Does it, in the caller's transaction. */
export async function makeHarmless(client: PoolClient, options: HarmlessOptions): Promise<HarmlessResult> {
  const lastRecord = await newestRecord(client);
  const keys = await replaceKeys(client, options);
  const usersDisabled = await disableUsers(client, options.witnesses.disabled);
  const usersLimited = await limitRights(client, options.witnesses.rights);
  const sessionsEnded = await endSessions(client);
  await forgetWhatWasAsked(client);
  await enterCatalogue(client, options);
  const auditRecordsEntered = await enterAudit(client, options);
  return { ...keys, usersDisabled, usersLimited, sessionsEnded, auditRecordsEntered, lastRecord };
}

async function newestRecord(client: PoolClient): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    'SELECT id FROM audit_event ORDER BY occurred_at DESC, id DESC LIMIT 1',
  );
  return rows[0]?.id ?? null;
}

async function replaceKeys(
  client: PoolClient,
  { ring, witnesses, takenAt }: HarmlessOptions,
): Promise<{ epoch: number; keysRevoked: number }> {
  const stored = await readKeySet(client);
  const secondsSince = (stored.readAt.getTime() - takenAt.getTime()) / 1000;
  const epoch = epochToLeaveBehind({ backup: stored.epoch, told: witnesses.epoch, secondsSince });
  await client.query('UPDATE key_set SET epoch = $1', [epoch]);
  const old = stored.keys.filter(({ state }) => ['pending', 'active', 'retiring'].includes(state));
  const key = await generateSigningKey(old.find(({ state }) => state === 'active')?.alg ?? 'ES256');
  const update = await updateKeySet(client, ring, {
    seen: { ...stored, epoch },
    change: {
      at: stored.readAt,
      transitions: old.map(({ kid }) => ({ kid, to: 'revoked' as const })),
      publish: [prepareKey(key, { ring, state: 'active', createdBy: 'service:backup-service' })],
    },
  });
  return { epoch: update.epoch, keysRevoked: old.length };
}

async function disableUsers(client: PoolClient, subjects: readonly string[]): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE app_user SET disabled_at = now() WHERE disabled_at IS NULL AND 'user:' || id = ANY ($1)`,
    [subjects],
  );
  return rowCount ?? 0;
}

/** What was taken from somebody stays taken; what was given since is not known for sure, and not given. */
async function limitRights(client: PoolClient, rights: readonly UserRights[]): Promise<number> {
  const limited = new Set<string>();
  for (const { subject, roles, scopes } of rights) {
    const { rowCount } = await client.query(
      `UPDATE app_user
       SET roles = ARRAY(SELECT r FROM unnest(roles) WITH ORDINALITY AS had (r, n) WHERE r = ANY ($2) ORDER BY n),
           scopes = ARRAY(SELECT s FROM unnest(scopes) WITH ORDINALITY AS had (s, n) WHERE s = ANY ($3) ORDER BY n)
       WHERE 'user:' || id = $1 AND NOT (roles <@ $2::text[] AND scopes <@ $3::text[])`,
      [subject, roles, scopes],
    );
    if (rowCount === 1) limited.add(subject);
  }
  return limited.size;
}

/** Every token is from before: of keys that are gone, or of a time that is. */
async function endSessions(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM app_user');
  for (const { id } of rows) await cutOff(client, `user:${id}`);
  const { rowCount } = await client.query(
    `UPDATE refresh_family SET ended_at = now(), end_reason = 'ops_recovered' WHERE ended_at IS NULL`,
  );
  return rowCount ?? 0;
}

/** A restore that was asked for back then is the last thing that anybody wants to happen now. */
async function forgetWhatWasAsked(client: PoolClient): Promise<void> {
  const why = 'the ops database was recovered from a backup of that time';
  await client.query(
    `UPDATE db_restore
     SET state = CASE WHEN state IN ('new', 'planned') THEN 'failed' ELSE state END, asked = NULL, phase = NULL,
         lease_owner = NULL, lease_until = NULL, attempt = 0, reason = 'interrupted', error = $1,
         approval_hash = NULL, approval_for = NULL, approval_step = NULL, approval_until = NULL
     WHERE asked IS NOT NULL OR state IN ('new', 'planned')`,
    [why],
  );
  await client.query(
    `UPDATE rotation_request SET state = 'failed', result = $1, finished_at = now(), lease_owner = NULL, lease_until = NULL
     WHERE state IN ('queued', 'running')`,
    [why],
  );
  await client.query('DELETE FROM service_instance');
  await client.query('DELETE FROM verifier_ack');
}

/** A backup exists if its manifest does: what was deleted since is struck out, what was taken since is entered. */
async function enterCatalogue(client: PoolClient, { found, storage }: HarmlessOptions): Promise<void> {
  await client.query('DELETE FROM backup WHERE storage = $1 AND location <> ALL ($2)', [
    storage,
    found.map(({ location }) => location),
  ]);
  for (const { manifest, location } of found) {
    await insertFoundRun(client, manifest);
    await insertBackup(client, manifest, { storage, location });
  }
  await client.query(
    `UPDATE backup_run SET state = 'succeeded', phase = NULL, lease_owner = NULL, lease_until = NULL, finished_at = now()
     WHERE state IN ('queued', 'running') AND id IN (SELECT id FROM backup)`,
  );
  await client.query(
    'UPDATE backup_target SET retention_due_at = now(), lease_owner = NULL, lease_until = NULL',
  );
}

async function enterAudit(client: PoolClient, { auditFiles, takenAt }: HarmlessOptions): Promise<number> {
  // Rows do not commit in the order of their times.
  const from = new Date(takenAt.getTime() - 600_000);
  const before = await countRecords(client);
  for (const { file, writer } of auditFiles)
    for await (const line of readable(file, from)) await enterAuditLine(client, line, writer);
  return (await countRecords(client)) - before;
}

async function* readable(file: string, from: Date): AsyncGenerator<AuditLine> {
  try {
    yield* readAuditLines(file, from);
  } catch (error) {
    // A file that is not there has told nothing, which the witnesses have said already.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function countRecords(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM audit_event');
  return Number(rows[0]?.n ?? 0);
}
