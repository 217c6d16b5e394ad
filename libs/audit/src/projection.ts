/**
 * Keeps account of which records the audit file holds, so that none is missing and none is there twice, whichever
 * process wrote them. The account reaches back a quarter of an hour, which is more than a repair looks back.
 */
import type { AuditFile } from './audit-file';
import type { AuditRow } from './audit-table';

export interface Projection {
  append(records: readonly AuditRow[]): void;
  /** Appends those records that the file turns out not to hold; returns how many. */
  appendMissing(records: readonly AuditRow[]): number;
  /** Timestamp of the newest record that the file holds; undefined when it holds none. */
  newest(): string | undefined;
}

type Held = Pick<AuditRow, 'id' | 'timestamp'>;

const memoryMs = 15 * 60_000;

export function trackProjection(file: AuditFile): Projection {
  const held = new Map<string, string>();
  let newest: string | undefined;

  function hold({ id, timestamp }: Held): void {
    held.set(id, timestamp);
    if (!newest || timestamp > newest) newest = timestamp;
  }
  /** A file that was moved away still holds its records; what was in one that was removed has to be written again. */
  function follow(): void {
    if (file.follow() !== 'removed') return;
    held.clear();
    newest = undefined;
  }
  function forgetOld(): void {
    const limit = before(newest);
    for (const [id, timestamp] of held) if (timestamp < limit) held.delete(id);
  }
  /** Learns what was added to the file, by whomever, and blanks out what is no record. */
  function look(): void {
    for (const line of file.readNew(reachesBack)) {
      const record = parseRecord(line.text);
      if (record) hold(record);
      else if (line.text.trim() !== '') file.blank(line);
    }
    forgetOld();
  }
  function append(records: readonly AuditRow[]): void {
    follow();
    const fresh = records.filter(({ id }) => !held.has(id));
    file.append(fresh.map(({ line }) => line));
    fresh.forEach(hold);
  }

  return {
    append,
    appendMissing(records) {
      follow();
      look();
      const missing = records.filter(({ id }) => !held.has(id));
      append(missing);
      return missing.length;
    },
    newest() {
      follow();
      look();
      return newest;
    },
  };
}

function reachesBack(first: string, last: string): boolean {
  const from = parseRecord(first)?.timestamp;
  return from !== undefined && from < before(parseRecord(last)?.timestamp);
}

function before(timestamp: string | undefined): string {
  return timestamp ? new Date(Date.parse(timestamp) - memoryMs).toISOString() : '';
}

function parseRecord(line: string): Held | undefined {
  try {
    const { id, timestamp } = JSON.parse(line) as Held;
    return typeof id === 'string' && typeof timestamp === 'string' ? { id, timestamp } : undefined;
  } catch {
    return undefined;
  }
}
