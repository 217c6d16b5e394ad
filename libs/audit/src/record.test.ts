import { auditActions, auditJsonSchema, type AuditEvent } from './events';
import { createRecord, recordProblems } from './record';

const source = {
  service: 'backup-service',
  environment: 'test',
  now: new Date('2026-11-27T10:00:00.123Z'),
  sequence: 1,
};
const succeeded: AuditEvent = {
  action: 'db_backup_succeeded',
  outcome: 'success',
  actor: 'service:backup-service',
  subject: null,
  operationId: 'b1',
  fields: {
    backup_id: 'b1',
    database: 'platform',
    size_bytes: 42,
    duration_seconds: 1.5,
    sha256: 'a'.repeat(64),
  },
};

describe('createRecord', () => {
  it('writes a compact line that the published grep patterns find', () => {
    const { line } = createRecord(succeeded, source);
    expect(line).toContain('"action":"db_backup"');
    expect(line).toContain('"action":"db_backup_succeeded"');
    expect(line).not.toMatch(/\n|": |, "/);
    expect(JSON.parse(line)).toMatchObject({
      timestamp: '2026-11-27T10:00:00.123Z',
      size_bytes: 42,
      trace_id: 'b1',
      schema_version: 1,
    });
  });
});

describe('the ids of records', () => {
  it('have the order in which they were made, also within a millisecond', () => {
    const ids = Array.from(
      { length: 100 },
      (_, sequence) => createRecord(succeeded, { ...source, sequence }).id,
    );
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('recordProblems', () => {
  it('finds nothing wrong with a complete event', () => {
    expect(recordProblems(createRecord(succeeded, source))).toEqual([]);
  });

  it('names a missing, a wrong and an unknown field', () => {
    const broken = {
      ...succeeded,
      fields: { backup_id: 'b1', database: 'platform', size_bytes: -1, duration_seconds: 1, surprise: 1 },
    };
    const problems = recordProblems(createRecord(broken as unknown as AuditEvent, source)).join('; ');
    expect(problems).toMatch(/size_bytes/);
    expect(problems).toMatch(/sha256/);
    expect(problems).toMatch(/surprise/);
  });
});

describe('auditJsonSchema', () => {
  it('describes every action', () => {
    const schema = auditJsonSchema() as { $defs: Record<string, unknown> };
    expect(Object.keys(schema.$defs)).toEqual(Object.keys(auditActions));
  });
});
