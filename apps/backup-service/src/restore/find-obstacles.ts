/** What stands against a restore. */
import type { RestoreFacts } from './plan-restore';
import { megabytes } from './megabytes';

/** What a person may accept: a swap breaks it, and they know. */
export const acceptable = [
  'replication_slots',
  'subscriptions',
  'poolers',
  'missing_roles',
  'not_proven',
  'services_connected',
  'other_content',
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

/** All that stands against a restore of one kind, also what may be accepted. */
export function findObstacles(facts: RestoreFacts, mode: 'swap' | 'into'): Obstacle[] {
  return [
    ...obstaclesOfTheBackup(facts),
    ...obstaclesOfTheServer(facts),
    ...(mode === 'swap' ? obstaclesOfTheSwap(facts) : obstaclesOfTheName(facts)),
  ];
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
      : [
          final(
            'not_permitted',
            'the role of the target’s URL may not do this (`restoreUrl` can name another role): it has to be a superuser, or a member of the database’s owner and of pg_signal_backend that may create databases',
          ),
        ]),
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
