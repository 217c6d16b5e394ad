import type { AuditFile } from './audit-file';
import type { AuditRow } from './audit-table';

/** Keeps account of which records the audit file holds, so that none is missing and none is there twice. */
export interface Projection {
  append(records: readonly AuditRow[]): void;
  /** Appends those records that the file turns out not to hold; returns how many. */
  appendMissing(records: readonly AuditRow[]): number;
  /** Timestamp of the newest record that the file is known to hold. */
  newest(): string | undefined;
}

/** An hour of ids is far more than the ten minutes that a repair looks back. */
const memoryMs = 3_600_000;

export function trackProjection(file: AuditFile): Projection {
  const held = new Map<string, string>();
  let newest: string | undefined;

  function hold({ id, timestamp }: Pick<AuditRow, 'id' | 'timestamp'>): void {
    held.set(id, timestamp);
    if (!newest || timestamp > newest) newest = timestamp;
  }
  function forgetOld(): void {
    const limit = new Date(Date.parse(newest ?? '') - memoryMs);
    if (Number.isNaN(limit.getTime())) return;
    for (const [id, timestamp] of held) if (timestamp < limit.toISOString()) held.delete(id);
  }
  function append(records: readonly AuditRow[]): void {
    const fresh = records.filter(({ id }) => !held.has(id));
    file.append(fresh.map(({ line }) => line));
    fresh.forEach(hold);
  }
  file.recent().forEach(hold);

  return {
    append,
    appendMissing(records) {
      forgetOld();
      if (records.every(({ id }) => held.has(id))) return 0;
      // Another process may write the same file: what counts is what the file holds at this moment.
      file.recent().forEach(hold);
      const missing = records.filter(({ id }) => !held.has(id));
      append(missing);
      return missing.length;
    },
    newest: () => newest,
  };
}
