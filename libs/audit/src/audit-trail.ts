/**
 * The audit trail of one service. An event is a row in Postgres, inserted in the transaction of the change that it
 * tells of: both happen, or neither. The file follows the table, and is repaired from it at every start. While
 * Postgres is unreachable an event that has no transaction waits in the spool and is in the file already.
 */
import { AppError, errorMessage } from '@swfx/errors';
import {
  inTransaction,
  isDatabaseUnavailable,
  type Pool,
  type PoolClient,
  type Queryable,
} from '@swfx/database';
import type { Logger } from '@swfx/logging';
import type { Spool } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import { openAuditFile } from './audit-file';
import type { AuditEvent } from './events';
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
  /** Ids that the file is known to hold: what its tail held at the start, and what this process appended. */
  let inFile: { ids: Set<string>; newest: string | undefined } | undefined;

  function complete(event: AuditEvent): AuditRecord {
    const record = createRecord(event, {
      service: options.service,
      environment: options.environment,
      now: new Date(),
    });
    if (options.validation === 'off') return record;
    const problems = recordProblems(record);
    if (problems.length === 0) return record;
    const message = `the audit event ${event.action} is invalid: ${problems.join('; ')}`;
    if (options.validation === 'hard') throw new AppError('invalid_audit_event', message);
    logger.warn(message);
    return record;
  }

  function publish(records: readonly AuditRecord[]): void {
    file.append(records.map((record) => record.line));
    inFile ??= file.recent(options.service);
    for (const { id } of records) inFile.ids.add(id);
    for (const { action, outcome } of records) {
      metrics.increment('audit_events_total', { action, outcome: outcome as 'success' });
    }
  }

  return {
    async transaction(work) {
      const noted: AuditRecord[] = [];
      const result = await inTransaction(pool, (client) =>
        work(client, async (event) => {
          const record = complete(event);
          await insert(client, record);
          noted.push(record);
        }),
      );
      publish(noted);
      return result;
    },
    async record(event) {
      const record = complete(event);
      try {
        await insert(pool, record);
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
      const stored = await spool.drain((entry) => insert(pool, entry as AuditRecord));
      inFile ??= file.recent(options.service);
      const { ids, newest } = inFile;
      const recent = await recentRecords(pool, options.service, newest);
      const missing = recent.filter(({ id }) => !ids.has(id));
      file.append(missing.map(({ record }) => record));
      inFile = {
        ids: new Set(recent.map(({ id }) => id)),
        newest: recent.at(-1)?.occurred_at.toISOString() ?? newest,
      };
      return { stored, appended: missing.length };
    },
    close: () => file.close(),
  };
}

async function insert(db: Queryable, record: AuditRecord): Promise<void> {
  await db.query(
    `INSERT INTO audit_event (id, occurred_at, service, action, record) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (id) DO NOTHING`,
    [record.id, record.timestamp, record.service, record.action, record.line],
  );
}

interface AuditRow {
  id: string;
  record: string;
  occurred_at: Date;
}

/** Ten minutes before the newest record that the file has, since rows do not commit in the order of their times. */
async function recentRecords(
  db: Queryable,
  service: string,
  newest: string | undefined,
): Promise<AuditRow[]> {
  const { rows } = await db.query<AuditRow>(
    `SELECT id, record, occurred_at FROM audit_event
     WHERE service = $1 AND occurred_at >= coalesce($2::timestamptz - interval '10 minutes', now() - interval '1 day')
     ORDER BY occurred_at, id`,
    [service, newest ?? null],
  );
  return rows;
}
