import type { BackupWork } from '../run/backup-work';

/** What restores work with. */
export interface RestoreWork extends BackupWork {
  /** Hours for which a database that was replaced stays beside the new one. */
  keepHours: number;
  /** Told when a phase of a restore begins, after its row says so. */
  onPhase(restoreId: string, phase: string): Promise<void>;
}
