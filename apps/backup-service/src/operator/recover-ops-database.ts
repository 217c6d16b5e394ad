/**
 * `swfx backup restore --recover-ops`: the ops database itself, when it is lost or broken. Nothing of it is relied on:
 * the storage tells which backups there are, the audit file keeps who does what until there is a table again, and what
 * old rows would bring back is made harmless before anybody meets them. The old database, where there is one, is renamed
 * and kept.
 */
import { randomUUID } from 'node:crypto';
import { keyRing, loadConfig, Secret, serviceSettings, type Environment } from '@swfx/config';
import { createPool, inTransaction, migrate } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { operatorName } from '@swfx/service';
import { z } from 'zod';
import { listTables } from '../capture/list-tables';
import { openSession } from '../postgres-client/open-session';
import type { ServerAddress } from '../postgres-client/server-address';
import type { Obstacle } from '../restore/find-obstacles';
import { makeHarmless, type HarmlessResult } from '../restore/make-harmless';
import type { RestoreFacts } from '../restore/plan-restore';
import type { FoundBackup } from '../restore/read-catalogue';
import {
  mergeWitnesses,
  readAuditWitnesses,
  readOldWitnesses,
  type Witnesses,
} from '../restore/read-witnesses';
import { restoreElsewhere, type ElsewhereResult } from '../restore/restore-elsewhere';
import { classifyRestoreFailure } from '../restore/restore-error';
import { restoreEvents } from '../restore/restore-events';
import { chooseKeys } from '../seal/backup-keys';
import { openStorage } from '../storage/open-storage';
import { approveElsewhere, finishElsewhere, say } from './approve-elsewhere';
import { readRecoveryKey } from './drill-recovery';
import { elsewhereConfig, parseInto } from './elsewhere-settings';
import { findStoredBackup, storageAt } from './find-stored-backup';
import { openRecoveryTrail, type RecoveryTrail } from './recovery-trail';
import type { FromOptions } from './restore-from-storage';
import { tellBytes } from './tell-bytes';

const recoveryConfig = z.object({
  ...elsewhereConfig.shape,
  KEY_ENCRYPTION_KEYS: keyRing(),
  AUDIT_LOG_FILE: serviceSettings.AUDIT_LOG_FILE,
});

export interface RecoveryOptions extends Omit<FromOptions, 'from'> {
  from: string | undefined;
  auditFile?: string[];
}

/** What makes a backup one of an ops database. */
const opsTables = ['key_set', 'audit_event', 'backup_run'];

const never = new AbortController().signal;

/** Runs the command. */
export async function recoverOpsDatabase(environment: Environment, options: RecoveryOptions): Promise<void> {
  const address = parseInto(options.into);
  const place = options.from === undefined ? {} : await storageAt(options.from);
  const config = loadConfig(recoveryConfig, { ...environment, ...place });
  const storage = await openStorage(config);
  const keys = chooseKeys(config);
  const { backup, catalogue } = await findStoredBackup(storage, keys, options.id);
  requireOpsBackup(backup);
  const recoveryKey =
    options.recoveryKey === undefined ? undefined : await readRecoveryKey(options.recoveryKey);
  const auditFiles = options.auditFile ?? [config.AUDIT_LOG_FILE];
  const tables = await listTablesThere(address);
  const trail = openRecoveryTrail(config.AUDIT_LOG_FILE, config.ENVIRONMENT);
  const about = aboutOf(backup, address);
  const takenAt = new Date(backup.manifest.snapshot_at);
  let outcome: { harmless: HarmlessResult; witnesses: Witnesses } | undefined;
  try {
    const result = await restoreElsewhere({
      id: about.id,
      backup,
      address,
      accepted: options.accept ?? [],
      settings: { storage, keys, path: config.PATH, ...(recoveryKey ? { recoveryKey } : {}) },
      signal: never,
      say,
      onBytes: tellBytes(address.database, say),
      async approve(plan) {
        const where = { environment: config.ENVIRONMENT, database: address.database };
        const approved = await approveElsewhere(plan, options, where);
        if (approved) trail.note(restoreEvents.started(about));
        return approved;
      },
      replace: {
        obstacles: ({ database }) => [...servicesConnected(database), ...otherContent(database, tables)],
        async settle(beside) {
          const witnesses = await hearWitnesses({ address, auditFiles, takenAt });
          const harmless = await settleOps(urlOf(options, beside), {
            ring: config.KEY_ENCRYPTION_KEYS,
            witnesses,
            takenAt,
            found: catalogue.backups,
            storage: storage.name,
            auditFiles: auditFiles.map((file) => ({ file, writer: trail.writerOf(file) })),
          });
          outcome = { harmless, witnesses };
        },
      },
    });
    if (outcome && result.seconds !== undefined)
      await enterRecovery(trail, {
        about,
        backup,
        seconds: result.seconds,
        url: urlOf(options, address),
        outcome,
      });
    finishElsewhere(result, {
      asked: options,
      fields: { backup_id: backup.manifest.id, into: address.database, ...outcome?.harmless },
      sentence: outcome ? describeRecovery(backup, outcome, result) : '',
    });
  } catch (error) {
    if (trail.begun()) trail.note(restoreEvents.failed(about, classifyRestoreFailure(error)));
    throw error;
  } finally {
    trail.close();
  }
}

function requireOpsBackup({ manifest }: FoundBackup): void {
  const tables = new Set(manifest.tables.map(({ name }) => name));
  if (!opsTables.every((name) => tables.has(name)))
    throw new Error(
      `Nothing was restored: backup ${manifest.id} of ${manifest.database} is not one of an ops database.`,
    );
}

function aboutOf({ manifest }: FoundBackup, { database }: ServerAddress) {
  return {
    id: randomUUID(),
    backupId: manifest.id,
    database: manifest.database,
    intoName: database,
    liveName: database,
    askedBy: operatorName(),
    step: 'restore' as const,
  };
}

/** What a service does from here on would be lost at the swap, and it may sign with keys that end there. */
function servicesConnected({ name, sessions }: RestoreFacts['database']): Obstacle[] {
  if (sessions.length === 0) return [];
  const who = sessions.map(({ application, role, count }) => `${count} × ${application || role}`).join(', ');
  const sentence = `${name} is in use (${who}); stop the services, since what they do from now on is lost`;
  return [{ kind: 'services_connected', sentence, acceptable: true }];
}

/** The name of the wrong database is as easily typed as the right one, and confirmed too. */
function otherContent({ name }: RestoreFacts['database'], tables: readonly string[]): Obstacle[] {
  if (tables.length === 0 || opsTables.some((table) => tables.includes(table))) return [];
  const sentence = `${name} holds no ops database (${tables.slice(0, 5).join(', ')}), and would be set aside`;
  return [{ kind: 'other_content', sentence, acceptable: true }];
}

/** A database that is not there, or does not answer, tells of none. */
async function listTablesThere(address: ServerAddress): Promise<string[]> {
  const session = await openSession(address, never).catch(() => undefined);
  if (!session) return [];
  try {
    return (await listTables(session)).map(({ name }) => name);
  } catch {
    return [];
  } finally {
    await session.end().catch(() => undefined);
  }
}

async function hearWitnesses(options: {
  address: ServerAddress;
  auditFiles: readonly string[];
  takenAt: Date;
}): Promise<Witnesses> {
  const audit = await readAuditWitnesses(options.auditFiles, options.takenAt);
  const session = await openSession(options.address, never).catch((error: unknown) => errorMessage(error));
  if (typeof session === 'string') return mergeWitnesses([audit]);
  try {
    return mergeWitnesses([audit, await readOldWitnesses(session)]);
  } finally {
    await session.end().catch(() => undefined);
  }
}

/** The schema of today, then the rows, in the database that nobody has met. */
async function settleOps(url: string, options: Parameters<typeof makeHarmless>[1]): Promise<HarmlessResult> {
  await migrate({ databaseUrl: url });
  return onDatabase(url, (pool) => inTransaction(pool, (client) => makeHarmless(client, options)));
}

async function onDatabase<T>(
  url: string,
  work: (pool: ReturnType<typeof createPool>) => Promise<T>,
): Promise<T> {
  const pool = createPool({
    url: new Secret(url),
    applicationName: 'recover-ops',
    max: 2,
    statementTimeoutMs: 3_600_000,
    onIdleError: () => undefined,
  });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** What was noted in the file alone enters the table, last of all. */
async function enterRecovery(
  trail: RecoveryTrail,
  done: {
    about: ReturnType<typeof aboutOf>;
    backup: FoundBackup;
    seconds: number;
    url: string;
    outcome: { harmless: HarmlessResult };
  },
): Promise<void> {
  const { about, backup, outcome } = done;
  const { harmless } = outcome;
  trail.note({
    action: 'ops_database_recovered',
    outcome: 'success',
    actor: about.askedBy,
    subject: null,
    operationId: about.id,
    fields: {
      backup_id: about.backupId,
      database: about.database,
      taken_at: new Date(backup.manifest.snapshot_at).toISOString(),
      epoch: harmless.epoch,
      keys_revoked: harmless.keysRevoked,
      sessions_ended: harmless.sessionsEnded,
      users_disabled: harmless.usersDisabled,
      audit_records_entered: harmless.auditRecordsEntered,
      last_record: harmless.lastRecord,
    },
  });
  trail.note(restoreEvents.succeeded(about, backup.manifest, done.seconds));
  await onDatabase(done.url, (pool) => trail.enter(pool)).catch((error: unknown) =>
    say(`The record of this recovery is in the audit file alone (${errorMessage(error)}).`),
  );
}

/** The URL that was given, with another database: what is in it beside (TLS, a password) stays. */
function urlOf({ into }: { into?: string }, { database }: ServerAddress): string {
  return Object.assign(new URL(into ?? ''), { pathname: `/${encodeURIComponent(database)}` }).href;
}

function describeRecovery(
  { manifest }: FoundBackup,
  { harmless, witnesses }: { harmless: HarmlessResult; witnesses: Witnesses },
  { plan, names }: ElsewhereResult,
): string {
  const { keysRevoked, epoch, sessionsEnded, usersDisabled, usersLimited, auditRecordsEntered } = harmless;
  return [
    `Recovered the ops database as it was at ${manifest.snapshot_at}.`,
    `A new key signs (epoch ${epoch}), ${keysRevoked} old ones are revoked; ${sessionsEnded} sessions have ended: everybody logs in again.`,
    `${usersDisabled} users who were disabled since are disabled again, ${usersLimited} have lost again what was taken from them; ${auditRecordsEntered} audit records of since were entered.`,
    ...(witnesses.passwordChanged.length > 0
      ? [`Their old passwords are good again, set new ones: ${witnesses.passwordChanged.join(', ')}.`]
      : []),
    ...witnesses.silent.map((sentence) => `Not heard: ${sentence}.`),
    ...(plan.mode === 'swap' ? [`The old database is kept as ${names.kept}; nothing drops it.`] : []),
    'Point every service at it, and start key-rotation-service first.',
  ].join('\n');
}
