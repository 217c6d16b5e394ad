import { estimateProgress } from '../run/estimate-progress';
import type { RestoreReport } from '../operator/follow-restore';

/** A restore with its rate and how much is to come, while its dump is read. */
export interface RatedRestore extends RestoreReport {
  bytes_per_second: number | null;
  /** Between 0 and 1. */
  ratio: number | null;
  seconds_left: number | null;
}

/** Adds the rate. */
export function withRate(report: RestoreReport): RatedRestore {
  const { phase, restored_bytes: dumpedBytes, elapsed_seconds: elapsed, expected_bytes: expected } = report;
  const estimate =
    phase === 'restoring'
      ? estimateProgress({ dumpedBytes, elapsedSeconds: elapsed ?? 0, expectedBytes: expected })
      : undefined;
  return {
    ...report,
    bytes_per_second: estimate?.bytesPerSecond ?? null,
    ratio: estimate?.ratio ?? null,
    seconds_left: estimate?.secondsLeft ?? null,
  };
}
