import { existsSync, readFileSync } from 'node:fs';
import { integer, json, oneOf, operationsPort, serviceSettings, text } from '@swfx/config';
import { errorMessage } from '@swfx/errors';
import { cronProblem } from '@swfx/messaging';
import { z } from 'zod';
import { parseServerAddress, type ServerAddress } from './postgres-client/server-address';

/** A database to back up: its name here, and where it is. */
export interface BackupTarget {
  name: string;
  address: ServerAddress;
}

const target = z.strictObject({
  name: z.string().regex(/^[a-z0-9_-]{1,63}$/, { error: 'must be lower-case letters, digits, _ or -' }),
  url: z.string().transform((url, context): ServerAddress => {
    const parsed = parseServerAddress(url);
    if (parsed.ok) return parsed.address;
    context.addIssue({ code: 'custom', message: parsed.problem });
    return z.NEVER;
  }),
});

const targetList = z
  .array(target)
  .min(1, { error: 'must name at least one database' })
  .transform((targets): BackupTarget[] => targets.map(({ name, url }) => ({ name, address: url })))
  .refine((targets) => new Set(targets.map(({ name }) => name)).size === targets.length, {
    error: 'must not use a name twice',
  });

/** JSON, or the path of a file with it. */
const targets = text()
  .transform((value, context): string => {
    if (value.trimStart().startsWith('[') || !existsSync(value)) return value;
    try {
      return readFileSync(value, 'utf8');
    } catch (error) {
      context.addIssue({ code: 'custom', message: `cannot be read (${errorMessage(error)})` });
      return z.NEVER;
    }
  })
  .pipe(json(targetList))
  .meta({ secret: true });

const cron = text().superRefine((value, context) => {
  const problem = cronProblem(value);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

/** The environment of the backup service. */
export const configSchema = z.object({
  ...serviceSettings,
  PROMETHEUS_PORT: operationsPort(9102),
  // Each run holds a connection for its lock while it asks for others.
  DATABASE_POOL_MAX: integer(6, 200).default(10).describe('Connections to the ops database at most.'),
  BACKUP_TARGETS: targets.describe(
    'The databases to back up: JSON such as `[{"name":"platform","url":"postgres://…"}]`, or the path of a file with it.',
  ),
  BACKUP_DIR: text().default('backups').describe('The folder in which backups are kept.'),
  BACKUP_STORAGE_ADAPTER: oneOf('local')
    .default('local')
    .describe('Where backups are kept: `local`, in BACKUP_DIR.'),
  BACKUP_SCHEDULE_CRON: cron.default('0 2 * * *').describe('When each database is backed up, in UTC.'),
  BACKUP_COMPRESSION_LEVEL: integer(1, 19).default(3).describe('Level of zstd.'),
  BACKUP_MAX_ATTEMPTS: integer(1, 20)
    .default(3)
    .describe('Attempts before a backup, or a proof, is given up.'),
  BACKUP_RETRY_SECONDS: integer(0, 86_400)
    .default(30)
    .describe('Seconds until the first retry; each further one waits twice as long.'),
  BACKUP_LOCK_WAIT_SECONDS: integer(1, 3_600)
    .default(30)
    .describe('Seconds that a backup waits for a table that another session has locked.'),
  BACKUP_MAX_RUN_SECONDS: integer(1, 604_800)
    .default(21_600)
    .describe('Seconds after which an attempt, or a proof, is ended.'),
  BACKUP_STOP_GRACE_SECONDS: integer(0, 3_600)
    .default(10)
    .describe('Seconds that a running backup is given to finish when the service stops.'),
  BACKUP_SCRATCH_DIR: text()
    .optional()
    .describe('Folder for the throwaway server of a proof; the system’s temporary folder if not given.'),
  PATH: text()
    .default('/usr/local/bin:/usr/bin:/bin')
    .describe('Where `pg_dump`, `pg_restore` and `zstd` are looked for first.'),
});

export type BackupConfig = z.output<typeof configSchema>;
