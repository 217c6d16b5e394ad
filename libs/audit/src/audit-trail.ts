/**
 * The audit trail of one service. An event is a row in Postgres, inserted in the transaction of the change that it
 * tells of: both happen, or neither. The file follows the table, and is repaired from it at every start. While
 * Postgres is unreachable an event that has no transaction waits in the spool and is in the file already.
 */
import {
  inTransaction,
  isDatabaseUnavailable,
  withAdvisoryLock,
  type Pool,
  type PoolClient,
} from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Spool } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import { openAuditFile } from './audit-file';
import { insertRecord, settledRecords } from './audit-table';
import { auditWriter } from './enter-lines';
import { auditActions, outcomes, type AuditEvent } from './events';
import { trackProjection } from './projection';
import { createRecord, recordProblems, type AuditRecord } from './record';

/** Notes an event in the transaction in hand. */
export type NoteAudit = (event: AuditEvent) => Promise<void>;

export interface AuditTrail {
  /** Runs work in one transaction whose audit events are committed with it, and then appear in the file. */
  transaction<T>(work: (client: PoolClient, note: NoteAudit) => Promise<T>): Promise<T>;
  /** Records an event that changes nothing else; spooled while Postgres is unreachable. */
  record(event: AuditEvent): Promise<void>;
  /** Stores what the spool holds, and appends to the file what the table has and the file lacks. */
  repair(): Promise<{ stored: number; appended: number }>;
  close(): void;
}

export interface AuditTrailOptions {
  pool: Pool;
  service: string;
  environment: string;
  file: string;
  validation: 'hard' | 'warn' | 'off';
  spool: Spool;
  logger: Logger;
  metrics: Metrics;
}

/** Opens the trail; the file exists from then on. */
export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { pool, spool, metrics, logger } = options;
  const file = openAuditFile(options.file);
  const writer = auditWriter(options.file);
  const projection = trackProjection(file);
  let fileFails = false;
  let sequence = 0;
  for (const action of Object.keys(auditActions))
    for (const outcome of outcomes) metrics.zero('audit_events_total', { action, outcome });

  function complete(event: AuditEvent): AuditRecord {
    const record = createRecord(event, {
      service: options.service,
      environment: options.environment,
      now: new Date(),
      sequence: (sequence = (sequence + 1) % 2 ** 32),
    });
    if (options.validation === 'off') return record;
    const problems = recordProblems(record);
    if (problems.length === 0) return record;
    const message = `the audit event ${event.action} is invalid: ${problems.join('; ')}`;
    if (options.validation === 'hard') throw new AppError('invalid_audit_event', message);
    logger.warn(message);
    return record;
  }

  /** The file follows the table; that it cannot be written is no reason to say that what was committed has failed. */
  function publish(records: readonly AuditRecord[]): void {
    for (const { action, outcome } of records) metrics.increment('audit_events_total', { action, outcome });
    try {
      projection.append(records);
      fileFails = false;
    } catch (error) {
      metrics.increment('audit_file_errors_total');
      if (!fileFails)
        logger.error(
          'The audit file cannot be written; its records are kept and follow as soon as it can be',
          {
            file: options.file,
            error: errorMessage(error),
          },
        );
      fileFails = true;
    }
  }

  return {
    async transaction(work) {
      const noted: AuditRecord[] = [];
      const result = await inTransaction(pool, (client) =>
        work(client, async (event) => {
          const record = complete(event);
          await insertRecord(client, record, writer);
          noted.push(record);
        }),
      );
      publish(noted);
      return result;
    },
    async record(event) {
      const record = complete(event);
      try {
        await insertRecord(pool, record, writer);
      } catch (error) {
        if (!isDatabaseUnavailable(error)) throw error;
        logger.warn('An audit event waits in the spool until Postgres is back', {
          action: event.action,
          error: errorMessage(error),
        });
        await spool.append(record);
      }
      publish([record]);
    },
    async repair() {
      const { taken: stored, parked } = await spool.drain(
        (entry) => insertRecord(pool, entry as AuditRecord, writer),
        isDatabaseUnavailable,
      );
      for (const each of parked) logger.error('A spooled audit event was refused and put aside', each);
      // Several processes may write the same file; one of them mends it at a time.
      const appended = await withAdvisoryLock(pool, `audit-file:${writer}`, async () =>
        projection.appendMissing(await settledRecords(pool, writer, projection.newest())),
      );
      return { stored, appended: appended ?? 0 };
    },
    close: () => file.close(),
  };
}
