import { describeRate } from './describe-rate';
import { formatBytes } from './format-bytes';

/** How far a restore has come: its phase, and, while the dump is read, how much of it. */
export interface RestoreProgressFacts {
  phase: string | null;
  /** Bytes of the dump that the new database was given. */
  restored_bytes: number;
  /** Bytes of the whole dump; null when nothing tells. */
  expected_bytes: number | null;
  /** Seconds from the beginning of the phase until so much was restored. */
  elapsed_seconds: number | null;
}

/** A restore that is under way, in a line. */
export function describeRestoreProgress(database: string, facts: RestoreProgressFacts): string {
  const { phase, restored_bytes: bytes, expected_bytes: expectedBytes, elapsed_seconds: elapsed } = facts;
  const head = `${database}: ${phase}`;
  if (phase !== 'restoring' || bytes <= 0) return head;
  // What pg_restore makes last, indexes above all, is at the end of the dump and takes no bytes.
  if (expectedBytes && bytes >= expectedBytes)
    return `${head}, all of ${formatBytes(bytes)} read; indexes and constraints are made`;
  return [head, ...describeRate({ bytes, elapsedSeconds: elapsed ?? 0, expectedBytes })].join(', ');
}
