import { createReadStream } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Queryable } from '@swfx/database';
import { z } from 'zod';
import { insertRecord } from './audit-table';
import type { AuditAction } from './events';
import type { AuditRecord } from './record';

const head = z.looseObject({
  id: z.uuid(),
  timestamp: z.iso.datetime(),
  action: z.string(),
  service: z.string(),
  outcome: z.enum(['success', 'failure', 'denied']),
});

/** A record as a line of an audit file tells it: its fields, and the line itself. */
export type AuditLine = z.output<typeof head> & { line: string };

/** The name under which the table knows whose projection a file is: its machine, and where it is there. */
export function auditWriter(file: string): string {
  return `${hostname()}:${resolve(file)}`;
}

/** The records of an audit file from an instant on, oldest first as it holds them. What is no record is passed over. */
export async function* readAuditLines(file: string, from: Date): AsyncGenerator<AuditLine> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const parsed = parseLine(line);
    if (parsed && Date.parse(parsed.timestamp) >= from.getTime()) yield { ...parsed, line };
  }
}

/** Stores a line of an audit file in a table that may lack it; repeating it is harmless. */
export async function enterAuditLine(db: Queryable, entry: AuditLine, writer: string): Promise<void> {
  const { id, timestamp, service, outcome, line } = entry;
  const record: AuditRecord = { id, timestamp, service, outcome, line, action: entry.action as AuditAction };
  await insertRecord(db, record, writer);
}

function parseLine(line: string): z.output<typeof head> | undefined {
  try {
    return head.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
