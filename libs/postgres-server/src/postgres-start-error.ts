import type { PostgresFailure, PostgresFailureReason } from './explain-postgres-failure';

/** A Postgres server could not be set up or started. `message` is one sentence; `log` holds its last lines. */
export class PostgresStartError extends Error {
  readonly code = 'postgres_start_failed';
  readonly reason: PostgresFailureReason;
  readonly log: string;

  constructor(failure: PostgresFailure & { log: string }) {
    super(failure.sentence);
    this.name = 'PostgresStartError';
    this.reason = failure.reason;
    this.log = failure.log;
  }
}
