import type { Queryable } from '@swfx/database';
import { estimateProgress } from '../run/estimate-progress';
import { readRun, type RunReport } from '../operator/follow-run';

/** A run with its rate and how much is to come, as far as the last dump of the same database tells. */
export interface RunProgress extends RunReport {
  bytes_per_second: number | null;
  /** Between 0 and 1. */
  ratio: number | null;
  seconds_left: number | null;
}

/** Undefined when there is no run of this id. */
export async function readProgress(db: Queryable, id: string): Promise<RunProgress | undefined> {
  const run = await readRun(db, id);
  if (!run) return undefined;
  const { dumped_bytes: dumpedBytes, elapsed_seconds: elapsed, expected_bytes: expectedBytes } = run;
  const estimate =
    run.state === 'running'
      ? estimateProgress({ dumpedBytes, elapsedSeconds: elapsed ?? 0, expectedBytes })
      : undefined;
  return {
    ...run,
    bytes_per_second: estimate?.bytesPerSecond ?? null,
    ratio: estimate?.ratio ?? null,
    seconds_left: estimate?.secondsLeft ?? null,
  };
}
