/**
 * Whether an engine (Postgres, Redis) is down is decided by how long it has not answered: a failover of seconds is no
 * alert, and one that came back for a moment is not back. While it is down the report is repeated.
 */

/** What is known of one engine; times are of a clock that never goes back. */
export interface EngineState {
  /** Since when it has answered, or has not. */
  up: boolean;
  sinceMs: number;
  /** When it was last reported to be down; undefined when it is not. */
  reportedMs: number | undefined;
}

export type EngineDecision = 'down' | 'up' | 'nothing';

const downAfterMs = 3_000;
const upAfterMs = 10_000;
const repeatMs = 60_000;

/** What an answer, or none, makes of the state. */
export function engineSeen(state: EngineState, up: boolean, nowMs: number): EngineState {
  return up === state.up ? state : { ...state, up, sinceMs: nowMs };
}

/** What is to be told now. */
export function decideEngine({ up, sinceMs, reportedMs }: EngineState, nowMs: number): EngineDecision {
  const lasted = nowMs - sinceMs;
  if (up) return reportedMs !== undefined && lasted >= upAfterMs ? 'up' : 'nothing';
  const isDue = reportedMs === undefined || nowMs - reportedMs >= repeatMs;
  return lasted >= downAfterMs && isDue ? 'down' : 'nothing';
}
