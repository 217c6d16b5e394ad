import {
  auditWriter,
  createRecord,
  enterAuditLine,
  openAuditFile,
  readAuditLines,
  type AuditEvent,
} from '@swfx/audit';
import type { Queryable } from '@swfx/database';

/** The audit trail while there is no table: the file alone, until there is one again. */
export interface RecoveryTrail {
  /** Appends a record; throws when the file cannot be written, and then nothing is to be done. */
  note(event: AuditEvent): void;
  /** Whether anything was noted. */
  begun(): boolean;
  /** Enters into the table what was noted. */
  enter(db: Queryable): Promise<void>;
  writerOf(file: string): string;
  close(): void;
}

/** Opens the file, which exists from then on. */
export function openRecoveryTrail(path: string, environment: string): RecoveryTrail {
  const file = openAuditFile(path);
  const openedAt = new Date();
  let sequence = 0;
  const ids = new Set<string>();
  return {
    note(event) {
      const source = { service: 'backup-service', environment, now: new Date(), sequence: (sequence += 1) };
      const { id, line } = createRecord(event, source);
      file.append([line]);
      ids.add(id);
    },
    begun: () => ids.size > 0,
    async enter(db) {
      const writer = auditWriter(path);
      for await (const line of readAuditLines(path, openedAt))
        if (ids.has(line.id)) await enterAuditLine(db, line, writer);
    },
    writerOf: auditWriter,
    close: () => file.close(),
  };
}
