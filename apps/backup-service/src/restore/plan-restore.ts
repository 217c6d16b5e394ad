/**
 * What a restore would do, and what stands against it, decided from gathered facts alone. An obstacle that a person
 * may take on themselves is lifted by accepting it by name; the others are lifted by removing their cause. It is asked
 * again right before the restore begins: between a plan and its approval somebody may have made a replication slot.
 */
import pg from 'pg';
import type { DatabaseNames } from './database-names';
import { createStatement, propertyStatements, type DatabaseProperties } from './database-properties';

const identifier = (name: string) => pg.escapeIdentifier(name);

/** What a person may accept: a swap breaks it, and they know. */
export const acceptable = [
  'replication_slots',
  'subscriptions',
  'poolers',
  'missing_roles',
  'not_proven',
] as const;
export type Acceptable = (typeof acceptable)[number];

/** Obstacles that nobody can accept away. */
export const finalObstacles = [
  'ops_database',
  'no_database',
  'database_exists',
  'name_not_usable',
  'server_older',
  'client_missing',
  'missing_extensions',
  'no_space',
  'not_permitted',
  'prepared_transactions',
  'bad_backup',
] as const;

export interface Obstacle {
  kind: Acceptable | (typeof finalObstacles)[number];
  /** What it is, with its names. */
  sentence: string;
  /** Whether the restore may go on all the same, when told so. */
  acceptable: boolean;
}

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
  keepHours: number;
}

export interface RestorePlan {
  decision: 'go' | 'refuse';
  mode: RestoreWish['mode'];
  obstacles: Obstacle[];
  /** What a person should know before saying yes. */
  notes: string[];
  /** What will be done, in order; statements as they will be sent. */
  steps: string[];
}

/** Plans a restore. */
export function planRestore(facts: RestoreFacts, wish: RestoreWish): RestorePlan {
  const obstacles = [
    ...obstaclesOfTheBackup(facts),
    ...obstaclesOfTheServer(facts),
    ...(wish.mode === 'swap' ? obstaclesOfTheSwap(facts) : obstaclesOfTheName(facts)),
  ];
  const standing = obstacles.filter(({ kind, acceptable }) => !acceptable || !wish.accepted.includes(kind));
  return {
    decision: standing.length === 0 ? 'go' : 'refuse',
    mode: wish.mode,
    obstacles: standing,
    notes: notesOf(facts, wish, obstacles),
    steps: wish.mode === 'swap' ? stepsOfSwap(facts, wish) : stepsOfInto(facts, wish),
  };
}

const final = (kind: Obstacle['kind'], sentence: string): Obstacle => ({ kind, sentence, acceptable: false });
const open = (kind: Acceptable, sentence: string): Obstacle => ({ kind, sentence, acceptable: true });
const some = (names: readonly string[]) => names.join(', ');

function obstaclesOfTheBackup({ backup }: RestoreFacts): Obstacle[] {
  if (['CORRUPT', 'CONTENT_DIFFERS'].includes(backup.verdict))
    return [final('bad_backup', `the backup is ${backup.verdict}: it failed its proof`)];
  if (['NOT_YET', 'CANNOT_VERIFY_HERE'].includes(backup.verdict))
    return [open('not_proven', `the backup is ${backup.verdict}: nobody knows yet that it restores`)];
  return [];
}

function obstaclesOfTheServer({ backup, server, database }: RestoreFacts): Obstacle[] {
  const roles = backup.roles.filter((role) => !server.roles.includes(role));
  const extensions = backup.extensions.filter((name) => !server.extensions.includes(name));
  const { freeBytes, major } = server;
  return [
    ...(database.isOps
      ? [
          final(
            'ops_database',
            'it is the ops database, in which this very restore is written down: a swap would take the ledger away from under it; its own procedure is in docs/runbooks',
          ),
        ]
      : []),
    ...(server.maySwap
      ? []
      : [final('not_permitted', 'the role of the target’s URL is no superuser of its server')]),
    ...(major < backup.serverMajor
      ? [
          final(
            'server_older',
            `the server is Postgres ${major}, and the dump was made by ${backup.serverMajor}`,
          ),
        ]
      : []),
    ...(server.hasClient
      ? []
      : [
          final(
            'client_missing',
            `this machine has no pg_restore of Postgres ${major}; install postgresql-client-${major}`,
          ),
        ]),
    ...(extensions.length > 0
      ? [final('missing_extensions', `the server lacks the extensions ${some(extensions)}`)]
      : []),
    ...(roles.length > 0
      ? [
          open(
            'missing_roles',
            `the server lacks the roles ${some(roles)}; accepted, they are made without login`,
          ),
        ]
      : []),
    ...(freeBytes !== undefined && freeBytes < backup.sizeBytes * 1.1
      ? [
          final(
            'no_space',
            `the server has ${megabytes(freeBytes)} free, and the database takes ${megabytes(backup.sizeBytes)}`,
          ),
        ]
      : []),
  ];
}

function obstaclesOfTheSwap({ database }: RestoreFacts): Obstacle[] {
  const { name, properties, slots, subscriptions, preparedTransactions, poolers } = database;
  if (!properties)
    return [
      final('no_database', `there is no database ${name} to take the place of; restore into a name instead`),
    ];
  return [
    ...(['postgres', 'template0', 'template1'].includes(name)
      ? [final('name_not_usable', `${name} belongs to the server itself and cannot be swapped`)]
      : []),
    ...(preparedTransactions.length > 0
      ? [
          final(
            'prepared_transactions',
            `prepared transactions hold it: ${some(preparedTransactions)}; commit or roll them back`,
          ),
        ]
      : []),
    ...(slots.length > 0
      ? [open('replication_slots', `replication slots would stay with the old database: ${some(slots)}`)]
      : []),
    ...(subscriptions.length > 0
      ? [
          open(
            'subscriptions',
            `subscriptions would come back disabled, and may miss or repeat rows: ${some(subscriptions)}`,
          ),
        ]
      : []),
    ...(poolers.length > 0
      ? [
          open(
            'poolers',
            `poolers keep connections and prepared statements of the old database: ${some(poolers)}; reload them afterwards`,
          ),
        ]
      : []),
  ];
}

function obstaclesOfTheName({ database }: RestoreFacts): Obstacle[] {
  const { name, properties } = database;
  if (Buffer.byteLength(name) > 63 || name === '' || name.includes('\0'))
    return [final('name_not_usable', 'the name must have 1 to 63 bytes')];
  return properties ? [final('database_exists', `a database ${name} is there already`)] : [];
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
    `needs ${megabytes(backup.sizeBytes)} beside the ${megabytes(database.sizeBytes)} that are there; ${space}`,
    ...(wish.mode === 'swap'
      ? [
          `${connected} sessions will be ended at the swap${connected > 0 ? `: ${some(who)}` : ''}`,
          `what was written to ${database.name} since the backup is not in it; the old database is kept for ${wish.keepHours} hours`,
        ]
      : []),
    ...obstacles
      .filter(({ kind, acceptable }) => acceptable && wish.accepted.includes(kind))
      .map(({ sentence }) => `accepted: ${sentence}`),
  ];
}

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
    `keep ${names.kept} for ${keepHours} hours, then drop it`,
  ];
}

function stepsOfInto({ database }: RestoreFacts, { names }: RestoreWish): string[] {
  return [
    `create ${names.beside}, restore the dump into it, and compare every table with what was dumped`,
    `ANALYZE ${names.beside}`,
    `ALTER DATABASE ${identifier(names.beside)} RENAME TO ${identifier(database.name)}`,
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
