import { existsSync, readFileSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import {
  flag,
  integer,
  json,
  keyRing,
  oneOf,
  operationsPort,
  port,
  secret,
  serviceSettings,
  text,
  url,
  type KeyRing,
} from '@swfx/config';
import { errorMessage } from '@swfx/errors';
import { cronProblem } from '@swfx/messaging';
import { keyPolicySettings, keySetTrust } from '@swfx/signing-keys';
import { z } from 'zod';
import type { RetentionPolicy } from './retention/plan-retention';
import { parseBlackout, type BackupSchedule, type BlackoutWindow } from './schedule/backup-schedule';
import { recoveryRecipient } from './seal/recovery-recipient';
import { isSamePlace, missingS3Settings } from './storage/open-storage';
import { parseStoragePlace, type StoragePlace } from './storage/storage-place';
import { parseServerAddress, type ServerAddress } from './postgres-client/server-address';

/** A database to back up: its name here, and where it is. */
export interface BackupTarget {
  name: string;
  address: ServerAddress;
  /** The same database through a role that may also make, rename and fill databases; only restores use it. */
  restoreAddress: ServerAddress;
  /** What differs from the defaults of all databases. */
  schedule: Partial<BackupSchedule>;
  retention: Partial<RetentionPolicy>;
}

const address = z.string().transform((url, context): ServerAddress => {
  const parsed = parseServerAddress(url);
  if (parsed.ok) return parsed.address;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
});

const blackout = z.string().transform((value, context): BlackoutWindow => {
  const window = parseBlackout(value);
  if (window) return window;
  context.addIssue({ code: 'custom', message: 'must be such as `08:00-18:00` or `Mon-Fri 22:00-02:00`' });
  return z.NEVER;
});

const count = z.number().int().min(0).max(10_000);

const target = z.strictObject({
  name: z.string().regex(/^[a-z0-9_-]{1,63}$/, { error: 'must be lower-case letters, digits, _ or -' }),
  url: address,
  restoreUrl: address.optional(),
  cron: z
    .string()
    .refine((value) => !cronProblem(value), { error: 'must be a cron expression such as 0 2 * * *' })
    .optional(),
  timezone: z
    .string()
    .refine((value) => !cronProblem(`CRON_TZ=${value} 0 2 * * *`), {
      error: 'must be a time zone such as Europe/Berlin',
    })
    .optional(),
  jitterSeconds: z.number().int().min(0).max(86_400).optional(),
  blackouts: z.array(blackout).optional(),
  retention: z
    .strictObject({ days: count, daily: count, weekly: count, monthly: count })
    .partial()
    .default({}),
});

const targetList = z
  .array(target)
  .min(1, { error: 'must name at least one database' })
  .transform((targets): BackupTarget[] => targets.map(toTarget))
  .refine((targets) => targets.every((one) => one.address.database === one.restoreAddress.database), {
    error: 'must name the same database in `url` and `restoreUrl`',
  })
  .refine((targets) => new Set(targets.map(({ name }) => name)).size === targets.length, {
    error: 'must not use a name twice',
  });

function toTarget({ name, url, restoreUrl, retention, ...schedule }: z.output<typeof target>): BackupTarget {
  const { days, ...places } = retention;
  const policy = { ...places, ...(days === undefined ? {} : { withinDays: days }) };
  return {
    name,
    address: url,
    restoreAddress: restoreUrl ?? url,
    schedule: given(schedule),
    retention: given(policy),
  };
}

/** Without what is undefined, so that it can be laid over defaults. */
function given<T extends object>(value: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}

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

/** Where backups are kept and by which keys they are read: all that is needed to get at them, also without a service. */
export const storageSettings = {
  BACKUP_DIR: text().default('backups').describe('The folder in which backups are kept.'),
  BACKUP_STORAGE_ADAPTER: oneOf('local', 's3')
    .default('local')
    .describe(
      'Where backups are kept: `local`, in BACKUP_DIR; `s3`, in a bucket of S3 or of what speaks it.',
    ),
  BACKUP_S3_BUCKET: text().optional().describe('The bucket; required with `s3`.'),
  BACKUP_S3_PREFIX: text().default('backups').describe('Where in the bucket backups are kept.'),
  BACKUP_S3_REGION: text().default('us-east-1').describe('Region of the bucket.'),
  BACKUP_S3_ENDPOINT: url('http', 'https')
    .optional()
    .describe('Where the bucket is reached; AWS itself if not given.'),
  BACKUP_S3_ACCESS_KEY_ID: text()
    .optional()
    .describe(
      'Who we are there; required with `s3`. It has to read, write, list and delete below the prefix.',
    ),
  BACKUP_S3_SECRET_ACCESS_KEY: secret().optional().describe('The key to that name; required with `s3`.'),
  BACKUP_ENCRYPTION_KEYS: keyRing()
    .optional()
    .describe(
      'Ring `id:key,…` of AES-256 keys, 32 bytes in base64 each: the first wraps the keys of new backups, all open old ones.',
    ),
  BACKUP_ENCRYPTION_ENABLED: flag()
    .optional()
    .describe('Whether new backups are encrypted; by default where BACKUP_ENCRYPTION_KEYS is given.'),
  BACKUP_RECOVERY_RECIPIENT: recoveryRecipient()
    .optional()
    .describe(
      'Public half of the offline recovery key, which opens every backup too: what `openssl pkey -pubout` prints of an X25519 key, whole or its middle line.',
    ),
  BACKUP_SIGNING_KEYS: keyRing()
    .optional()
    .describe(
      'Ring `id:seed,…` of Ed25519 seeds, 32 bytes in base64 each: the first signs manifests, all verify. Where it is given, an unsigned backup counts as corrupt.',
    ),
};

const storagePlace = () =>
  text().transform((value, context): StoragePlace => {
    const place = parseStoragePlace(value);
    if (place) return place;
    context.addIssue({ code: 'custom', message: 'must be a folder or `s3://bucket/prefix`' });
    return z.NEVER;
  });

/** Where every backup is kept a second time. */
const copySettings = {
  BACKUP_COPY_TO: storagePlace()
    .optional()
    .describe(
      'Where each backup is copied to once it is taken: a folder on another disk, or `s3://bucket/prefix`. Without it there is no second copy.',
    ),
  BACKUP_COPY_S3_REGION: text().default('us-east-1').describe('Region of that bucket.'),
  BACKUP_COPY_S3_ENDPOINT: url('http', 'https')
    .optional()
    .describe('Where that bucket is reached; AWS itself if not given.'),
  BACKUP_COPY_S3_ACCESS_KEY_ID: text()
    .optional()
    .describe(
      'Who we are there; required where BACKUP_COPY_TO is a bucket. Another account than the first one survives what happens to that.',
    ),
  BACKUP_COPY_S3_SECRET_ACCESS_KEY: secret()
    .optional()
    .describe('The key to that name; required where BACKUP_COPY_TO is a bucket.'),
};

/** An encrypted backup that nobody can open is none, so that what does not fit together is refused at the start. */
function checkEncryption(config: EncryptionSettings, context: z.RefinementCtx): void {
  const { BACKUP_ENCRYPTION_ENABLED: enabled, BACKUP_ENCRYPTION_KEYS: keys } = config;
  const complain = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (enabled && !keys)
    complain('BACKUP_ENCRYPTION_ENABLED', 'is true, and BACKUP_ENCRYPTION_KEYS is not given');
  if (config.BACKUP_RECOVERY_RECIPIENT && !(enabled ?? keys))
    complain('BACKUP_RECOVERY_RECIPIENT', 'is given, and backups are not encrypted');
}

interface EncryptionSettings {
  BACKUP_ENCRYPTION_ENABLED?: boolean | undefined;
  BACKUP_ENCRYPTION_KEYS?: KeyRing | undefined;
  BACKUP_RECOVERY_RECIPIENT?: KeyObject | undefined;
}

/** The admin API, which lets in whoever has an access token of the gateway with the scopes for it. */
const adminSettings = {
  ADMIN_PORT: port().default(8002).describe('Port of the admin API.'),
  ADMIN_HOST: text()
    .default('127.0.0.1')
    .describe(
      'Address that the admin API listens on; tokens cross it, so that a network needs TLS in front.',
    ),
  KEY_SET_TRUST: keySetTrust()
    .optional()
    .describe(
      'Whose signature on the key set is believed, as `swfx keys doctor` prints it. Without it there is no admin API: no token could be verified.',
    ),
  TOKEN_ISSUER: text().default('smartwalletfx').describe('The `iss` of access tokens.'),
  TOKEN_AUDIENCE: text().default('smartwalletfx-platform').describe('The `aud` of access tokens.'),
  JWT_CLOCK_SKEW_SECONDS: keyPolicySettings.JWT_CLOCK_SKEW_SECONDS,
  ADMIN_REQUESTS_PER_MINUTE: integer(1, 100_000)
    .default(120)
    .describe('Requests a minute that one caller of the admin API may make, at each replica.'),
  RESTORE_APPROVAL_SECONDS: integer(30, 86_400)
    .default(600)
    .describe('Seconds in which a plan that the admin API has shown can be approved.'),
};

const settings = z.object({
  ...serviceSettings,
  ...adminSettings,
  PROMETHEUS_PORT: operationsPort(9102),
  // Each run holds a connection for its lock while it asks for others.
  DATABASE_POOL_MAX: integer(6, 200).default(10).describe('Connections to the ops database at most.'),
  BACKUP_TARGETS: targets.describe(
    'The databases to back up: JSON such as `[{"name":"platform","url":"postgres://…"}]`, or the path of a file with it. Each may have a `restoreUrl`, whose role may do what a restore needs and a backup does not, and its own `cron`, `timezone`, `jitterSeconds`, `blackouts` (such as `["Mon-Fri 08:00-18:00"]`) and `retention` (`{"days":7,"daily":14,"weekly":8,"monthly":12}`).',
  ),
  ...storageSettings,
  ...copySettings,
  BACKUP_STORAGE_OBSERVE_SECONDS: integer(1, 86_400)
    .default(300)
    .describe(
      'Seconds between two looks at how much a storage holds and has free; a bucket is listed for it.',
    ),
  BACKUP_SCHEDULE_CRON: cron.default('0 2 * * *').describe('When each database is backed up, in UTC.'),
  BACKUP_FINGERPRINT: oneOf('full', 'rows')
    .default('full')
    .describe(
      'What a backup can be compared by: `full`, every value and all that is defined, which its proof calls PROVEN; `rows`, tables and row counts, which costs the source less.',
    ),
  BACKUP_FINGERPRINT_SESSIONS: integer(1, 32)
    .default(2)
    .describe('Tables that are read side by side for the fingerprint; each takes one process of the source.'),
  BACKUP_FINGERPRINT_MEGABYTES_PER_SECOND: integer(0, 100_000)
    .default(0)
    .describe(
      'Megabytes a second that are read for the fingerprint at most, by all of its sessions together; 0 for no limit. The backup may then take longer, and holds its snapshot as long.',
    ),
  BACKUP_COMPRESSION_LEVEL: integer(1, 19)
    .default(2)
    .describe('Level of zstd, or, where there is none, of gzip, which knows no more than 9.'),
  BACKUP_COMPRESSION_THREADS: integer(0, 256)
    .default(1)
    .describe('Threads of zstd; 0 for as many as there are cores.'),
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
  BACKUP_PROVE_EACH: flag().default(true).describe('Whether each backup is proven as soon as it is taken.'),
  BACKUP_PROVE_URL: text()
    .pipe(address)
    .optional()
    .meta({ secret: true })
    .describe(
      'A Postgres server on which proofs restore instead of a throwaway one beside the service, in a database that is made there and dropped again. It has to be of the same major as the source and to have its roles, and runs what is defined in the backup: as a superuser, or as a role that may create databases and act for those roles.',
    ),
  BACKUP_PROVE_SCHEDULE_CRON: cron
    .optional()
    .describe(
      'When the newest backup of each database is proven, again if it was before, in UTC; never by schedule if not given.',
    ),
  BACKUP_RETENTION_DAYS: integer(0, 36_500)
    .default(7)
    .describe('Days before the newest proven backup within which every backup is kept.'),
  BACKUP_RETENTION_DAILY: integer(0, 10_000)
    .default(0)
    .describe('Further days of which the newest proven backup is kept.'),
  BACKUP_RETENTION_WEEKLY: integer(0, 10_000)
    .default(0)
    .describe('Further weeks of which the newest proven backup is kept.'),
  BACKUP_RETENTION_MONTHLY: integer(0, 10_000)
    .default(0)
    .describe('Further months of which the newest proven backup is kept.'),
  BACKUP_DELETE_DELAY_SECONDS: integer(0, 31_536_000)
    .default(3_600)
    .describe('Seconds between the marking of a backup, or of an orphan, and its deletion.'),
  BACKUP_DELETE_MAX_PERCENT: integer(1, 100)
    .default(50)
    .describe('Share of a database’s backups, in percent, that retention deletes without being told to.'),
  RESTORE_KEEP_HOURS: integer(1, 8_760)
    .default(72)
    .describe('Hours for which the database that a restore replaced is kept beside it, for an undo.'),
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

/** The environment of the backup service. */
export const configSchema = settings.superRefine((config, context) => {
  checkEncryption(config, context);
  if (!config.BACKUP_PROVE_EACH && config.BACKUP_PROVE_SCHEDULE_CRON === undefined)
    context.addIssue({
      code: 'custom',
      path: ['BACKUP_PROVE_EACH'],
      message: 'is false, and BACKUP_PROVE_SCHEDULE_CRON is not given: nothing would ever be proven',
    });
  for (const { name, neededBy } of missingS3Settings(config))
    context.addIssue({ code: 'custom', path: [name], message: `is required for ${neededBy}` });
  if (isSamePlace(config))
    context.addIssue({
      code: 'custom',
      path: ['BACKUP_COPY_TO'],
      message: 'names the storage of the first copy; a second one there would be lost with it',
    });
});

export type BackupConfig = z.output<typeof configSchema>;
