import type { Alerts } from '@swfx/alerts';
import type { AuditTrail } from '@swfx/audit';
import type { Pool } from '@swfx/database';
import type { Logger } from '@swfx/logging';
import type { Facts } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import type { BackupTarget } from '../config';
import type { FingerprintLevel } from '../capture/sum-tables';
import type { ServerAddress } from '../postgres-client/server-address';
import type { CompressionSettings } from '../programs/find-compression';
import type { BackupKeys } from '../seal/backup-keys';
import type { BackupStorage } from '../storage/backup-storage';

/** What the taking and the proving of backups work with. */
export interface BackupWork {
  pool: Pool;
  storage: BackupStorage;
  /** Where every backup is kept a second time; undefined where there is no such place. */
  copy: BackupStorage | undefined;
  keys: BackupKeys;
  audit: AuditTrail;
  alerts: Alerts;
  facts: Facts;
  metrics: Metrics;
  logger: Logger;
  targets: readonly BackupTarget[];
  /** Where programs are looked for first: a PATH value. */
  path: string;
  compression: CompressionSettings;
  fingerprint: FingerprintLevel;
  /** Sessions that read tables for the fingerprint side by side. */
  fingerprintSessions: number;
  /** What they may read together; undefined for no limit. */
  fingerprintBytesPerSecond: number | undefined;
  maxAttempts: number;
  retrySeconds: number;
  lockWaitSeconds: number;
  maxRunSeconds: number;
  /** Where the throwaway server of a proof keeps its data; the system's temporary folder if not given. */
  scratchFolder: string | undefined;
  /** The server that proofs restore on instead of a throwaway one. */
  proofServer: ServerAddress | undefined;
  /** Whether a backup is proven as soon as it is taken. */
  proveEach: boolean;
}
