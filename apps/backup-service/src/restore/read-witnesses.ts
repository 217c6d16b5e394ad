/**
 * What is known of the time between a backup of the ops database and its loss. The rows are gone, but not every witness:
 * the audit files are newer than the backup, and the damaged database may still answer. Only what takes rights away is
 * believed, since whatever damaged the database may have damaged that too.
 */
import { readAuditLines, type AuditLine } from '@swfx/audit';
import { errorMessage } from '@swfx/errors';
import type { Client } from 'pg';

/** Of the user `user:<id>`. */
export interface UserRights {
  subject: string;
  roles: string[];
  scopes: string[];
}

export interface Witnesses {
  /** The newest epoch of the key set that anybody tells of; 0 where nobody does. */
  epoch: number;
  /** Users who were disabled since, as `user:<id>`. */
  disabled: string[];
  /** The rights that users had last, where they were changed since; nobody is to have more. */
  rights: UserRights[];
  /** Users whose password was changed since: the one of the backup is good again until it is changed anew. */
  passwordChanged: string[];
  /** What could not be asked, and why, as sentences. */
  silent: string[];
}

/** Asks the audit files, from the time of the backup on. */
export async function readAuditWitnesses(files: readonly string[], from: Date): Promise<Witnesses> {
  const disabled = new Set<string>();
  const passwordChanged = new Set<string>();
  const rights = new Map<string, UserRights & { at: number }>();
  const silent: string[] = [];
  let epoch = 0;
  for (const file of files) {
    try {
      for await (const record of readAuditLines(file, from)) {
        const subject = subjectOf(record);
        if (record.action === 'user_disabled' && subject) disabled.add(subject);
        if (record.action === 'user_enabled' && subject) disabled.delete(subject);
        if (record.action === 'user_password_changed' && subject) passwordChanged.add(subject);
        const changed = readRights(record);
        if (changed && changed.at >= (rights.get(changed.subject)?.at ?? 0))
          rights.set(changed.subject, changed);
        if (typeof record['epoch'] === 'number') epoch = Math.max(epoch, record['epoch']);
      }
    } catch (error) {
      silent.push(`the audit file ${file} cannot be read (${errorMessage(error)})`);
    }
  }
  return {
    epoch,
    disabled: [...disabled],
    rights: [...rights.values()].map(({ at: _at, ...user }) => user),
    passwordChanged: [...passwordChanged],
    silent,
  };
}

/** Asks the damaged database itself. */
export async function readOldWitnesses(old: Client): Promise<Witnesses> {
  const silent: string[] = [];
  const ask = async <Row extends object>(sql: string): Promise<Row[]> =>
    old.query<Row>(sql).then(
      ({ rows }) => rows,
      (error: unknown) => {
        silent.push(`the old database does not tell (${errorMessage(error)})`);
        return [];
      },
    );
  const [set] = await ask<{ epoch: number }>('SELECT epoch::float8 AS epoch FROM public.key_set');
  const disabled = await ask<{ subject: string }>(
    `SELECT 'user:' || id AS subject FROM public.app_user WHERE disabled_at IS NOT NULL`,
  );
  const rights = await ask<UserRights>(`SELECT 'user:' || id AS subject, roles, scopes FROM public.app_user`);
  return {
    epoch: set?.epoch ?? 0,
    disabled: disabled.map(({ subject }) => subject),
    rights,
    passwordChanged: [],
    silent,
  };
}

/** All that the witnesses tell together. */
export function mergeWitnesses(all: readonly Witnesses[]): Witnesses {
  const union = (pick: (one: Witnesses) => string[]) => [...new Set(all.flatMap(pick))];
  return {
    epoch: Math.max(0, ...all.map(({ epoch }) => epoch)),
    disabled: union((one) => one.disabled),
    rights: all.flatMap(({ rights }) => rights),
    passwordChanged: union((one) => one.passwordChanged),
    silent: union((one) => one.silent),
  };
}

/**
 * The epoch from which the recovered key set counts on: above every one that a verifier can have seen. A rotation takes
 * longer than a second, so that there were fewer of them than seconds have passed.
 */
export function epochToLeaveBehind(facts: { backup: number; told: number; secondsSince: number }): number {
  return Math.max(facts.backup + Math.max(0, Math.ceil(facts.secondsSince)), facts.told);
}

function readRights(record: AuditLine): (UserRights & { at: number }) | undefined {
  const subject = subjectOf(record);
  const { roles, scopes } = record as { roles?: unknown; scopes?: unknown };
  if (record.action !== 'user_rights_changed' || !subject || !isNames(roles) || !isNames(scopes))
    return undefined;
  return { subject, roles, scopes, at: Date.parse(String(record['timestamp'])) };
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

function subjectOf(record: AuditLine): string | undefined {
  const { subject } = record as { subject?: unknown };
  return typeof subject === 'string' ? subject : undefined;
}
