import type { Queryable } from '@swfx/database';
import type { AuditRecord } from './record';

/** A stored record, as the file's projection needs it. */
export interface AuditRow {
  id: string;
  timestamp: string;
  line: string;
}

/** Stores a record; repeating it is harmless. */
export async function insertRecord(db: Queryable, record: AuditRecord, writer: string): Promise<void> {
  await db.query(
    `INSERT INTO audit_event (id, occurred_at, service, action, writer, record) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO NOTHING`,
    [record.id, record.timestamp, record.service, record.action, writer, record.line],
  );
}

/**
 * The records that one audit file should hold by now, oldest first, from ten minutes before the newest that it does
 * hold: rows do not commit in the order of their times. The last five seconds are left to whoever is writing them.
 */
export async function settledRecords(
  db: Queryable,
  writer: string,
  newest: string | undefined,
): Promise<AuditRow[]> {
  const { rows } = await db.query<{ id: string; occurred_at: Date; record: string }>(
    `SELECT id, occurred_at, record FROM audit_event
     WHERE writer = $1 AND occurred_at < now() - interval '5 seconds'
       AND occurred_at >= coalesce($2::timestamptz - interval '10 minutes', now() - interval '1 day')
     ORDER BY occurred_at, id`,
    [writer, newest ?? null],
  );
  return rows.map((row) => ({ id: row.id, timestamp: row.occurred_at.toISOString(), line: row.record }));
}
