/**
 * What a restore would do, and what stands against it, decided from gathered facts alone. An obstacle that a person
 * may take on themselves is lifted by accepting it by name; the others are lifted by removing their cause. It is asked
 * again right before the restore begins: between a plan and its approval somebody may have made a replication slot.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';
import type { DatabaseNames } from './database-names';
import { findObstacles, type Obstacle } from './find-obstacles';
import { megabytes } from './megabytes';
import { createStatement, propertyStatements, type DatabaseProperties } from './database-properties';

const identifier = (name: string) => pg.escapeIdentifier(name);

export interface RestoreFacts {
  backup: {
    id: string;
    takenAt: string;
    verdict: string;
    database: string;
    serverMajor: number;
    sizeBytes: number;
    roles: string[];
    extensions: string[];
  };
  server: {
    host: string;
    port: number;
    major: number;
    /** Whether client programs of this major are installed here. */
    hasClient: boolean;
    roles: string[];
    extensions: string[];
    /** Undefined where the server's disk cannot be seen from here. */
    freeBytes: number | undefined;
    /** Whether the role of the target's URL may make, rename and fill databases. */
    maySwap: boolean;
  };
  /** The database that is replaced, or that is to be made; without properties there is none of this name yet. */
  database: {
    name: string;
    properties: DatabaseProperties | undefined;
    sizeBytes: number;
    isOps: boolean;
    sessions: { role: string; application: string; count: number }[];
    slots: string[];
    subscriptions: string[];
    preparedTransactions: string[];
    poolers: string[];
  };
}

export interface RestoreWish {
  /** Whether it takes the place of a database that is there, or makes one of a name that is free. */
  mode: 'swap' | 'into';
  names: DatabaseNames;
  accepted: readonly string[];
  /** How long what is replaced is kept; null where nothing drops it by itself. */
  keepHours: number | null;
}

export interface RestorePlan {
  decision: 'go' | 'refuse';
  mode: RestoreWish['mode'];
  obstacles: Obstacle[];
  /** What a person should know before saying yes. */
  notes: string[];
  /** What will be done, in order; statements as they will be sent. */
  steps: string[];
  /** Stands for what a person approves: the backup, the server, what is broken and what is done. */
  digest: string;
}

/** Plans a restore; `more` are obstacles that this kind of restore has and others have not. */
export function planRestore(
  facts: RestoreFacts,
  wish: RestoreWish,
  more: readonly Obstacle[] = [],
): RestorePlan {
  const obstacles = [...findObstacles(facts, wish.mode), ...more];
  const standing = obstacles.filter(({ kind, acceptable }) => !acceptable || !wish.accepted.includes(kind));
  const steps = wish.mode === 'swap' ? stepsOfSwap(facts, wish) : stepsOfInto(facts, wish);
  return {
    decision: standing.length === 0 ? 'go' : 'refuse',
    mode: wish.mode,
    obstacles: standing,
    notes: notesOf(facts, wish, obstacles),
    steps,
    digest: digestOf(facts, { obstacles, steps }),
  };
}

/**
 * Sessions and free space come and go; they are not what is approved. Nor is it that a backup was not proven yet: by the
 * time of the approval it may be, and if it failed its proof that stands against it.
 */
function digestOf(
  { backup, server, database }: RestoreFacts,
  { obstacles, steps }: { obstacles: readonly Obstacle[]; steps: readonly string[] },
): string {
  const approved = [
    [backup.id, server.host, server.port, server.major, database.name],
    obstacles.filter(({ kind }) => kind !== 'not_proven').map(({ kind, sentence }) => [kind, sentence]),
    steps,
  ];
  return createHash('sha256').update(JSON.stringify(approved)).digest('hex');
}

/** What differs between the plan that was approved and the one of now, in a sentence; undefined when nothing does. */
export function planChange(approved: RestorePlan, now: RestorePlan): string | undefined {
  if (now.decision === 'go' && approved.digest === now.digest) return undefined;
  const lines = ({ obstacles, notes, steps }: RestorePlan) => [
    ...obstacles.map(({ sentence }) => sentence),
    ...notes.filter((note) => /^(accepted: |backup of |server )/.test(note)),
    ...steps,
  ];
  const added = lines(now).filter((line) => !lines(approved).includes(line));
  const gone = lines(approved).filter((line) => !lines(now).includes(line));
  const parts = [
    ...(added.length > 0 ? [`now: ${added.slice(0, 3).join('; ')}`] : []),
    ...(gone.length > 0 ? [`no longer: ${gone.slice(0, 3).join('; ')}`] : []),
  ];
  return parts.join('; ');
}

function notesOf(facts: RestoreFacts, wish: RestoreWish, obstacles: readonly Obstacle[]): string[] {
  const { backup, server, database } = facts;
  const connected = database.sessions.reduce((total, { count }) => total + count, 0);
  const who = database.sessions.map(
    ({ role, application, count }) => `${count} × ${role} (${application || 'unnamed'})`,
  );
  const space = server.freeBytes === undefined ? 'free space unknown' : `${megabytes(server.freeBytes)} free`;
  return [
    `backup of ${backup.database} as it was at ${backup.takenAt}, ${backup.verdict}`,
    `server ${server.host}:${server.port}, Postgres ${server.major}; the dump is of Postgres ${backup.serverMajor}`,
    `roles: ${presence(backup.roles, server.roles)}; extensions: ${presence(backup.extensions, server.extensions)}`,
    `needs ${megabytes(backup.sizeBytes)} beside the ${megabytes(database.sizeBytes)} that are there; ${space}`,
    ...(wish.mode === 'swap'
      ? [
          `${connected} sessions will be ended at the swap${connected > 0 ? `: ${who.join(', ')}` : ''}`,
          `what was written to ${database.name} since the backup is not in it; the old database is kept ${keptFor(wish)}`,
        ]
      : []),
    ...obstacles
      .filter(({ kind, acceptable }) => acceptable && wish.accepted.includes(kind))
      .map(({ sentence }) => `accepted: ${sentence}`),
  ];
}

/** What a backup needs by name, and whether the server has it. */
function presence(needed: readonly string[], there: readonly string[]): string {
  if (needed.length === 0) return 'none needed';
  return needed.map((name) => (there.includes(name) ? name : `${name} (missing)`)).join(', ');
}

const keptFor = ({ keepHours }: RestoreWish) =>
  keepHours === null ? 'until somebody drops it' : `for ${keepHours} hours`;

function stepsOfSwap({ database }: RestoreFacts, { names, keepHours }: RestoreWish): string[] {
  const { properties } = database;
  if (!properties) return [];
  return [
    createStatement(names.beside, properties),
    `restore the dump into ${names.beside}, and compare every table with what was dumped`,
    ...propertyStatements(names.beside, properties),
    `ANALYZE ${names.beside}`,
    `ALTER DATABASE ${identifier(names.live)} ALLOW_CONNECTIONS false, and end its sessions`,
    `ALTER DATABASE ${identifier(names.live)} RENAME TO ${identifier(names.kept)}`,
    `ALTER DATABASE ${identifier(names.beside)} RENAME TO ${identifier(names.live)}`,
    keepHours === null ? `keep ${names.kept}` : `keep ${names.kept} for ${keepHours} hours, then drop it`,
  ];
}

function stepsOfInto({ database }: RestoreFacts, { names }: RestoreWish): string[] {
  return [
    `create ${names.beside}, restore the dump into it, and compare every table with what was dumped`,
    `ANALYZE ${names.beside}`,
    `ALTER DATABASE ${identifier(names.beside)} RENAME TO ${identifier(database.name)}`,
  ];
}
