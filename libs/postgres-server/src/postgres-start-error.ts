import type { PostgresFailure, PostgresFailureReason } from './explain-postgres-failure';

/** A Postgres server could not be set up or started. `message` is one sentence, `log` what it wrote. */
export class PostgresStartError extends Error {
  readonly reason: PostgresFailureReason;
  readonly log: string;

  constructor(failure: PostgresFailure & { log: string }) {
    super(failure.sentence);
    this.name = 'PostgresStartError';
    this.reason = failure.reason;
    this.log = failure.log;
  }
}
