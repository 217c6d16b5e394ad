import type { BackupWork } from '../run/backup-work';
import type { RetentionPolicy } from './plan-retention';

/** What retention works with. */
export interface RetentionWork extends BackupWork {
  policies: ReadonlyMap<string, RetentionPolicy>;
  /** Seconds between the mark and the deletion. */
  deleteDelaySeconds: number;
  /** The share of all backups, in percent, that one plan may newly delete. */
  deleteMaxPercent: number;
}
