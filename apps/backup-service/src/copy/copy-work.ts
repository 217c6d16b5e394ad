import type { BackupWork } from '../run/backup-work';
import type { BackupStorage } from '../storage/backup-storage';

/** What the copying of backups works with. */
export interface CopyWork extends BackupWork {
  copy: BackupStorage;
}
