import { alertTable, type ListedAlert } from './list-alerts';

const alert: ListedAlert = {
  id: '01979000-0000-7000-8000-000000000001',
  acceptedAt: new Date('2025-06-22T14:30:01Z'),
  occurredAt: new Date('2025-06-22T14:30:00.5Z'),
  severity: 'critical',
  kind: 'backup_failed',
  incident: 'backup:platform',
  title: 'Backup failed',
  service: 'backup-service',
  state: 'sent',
  reason: null,
  detail: null,
  attempts: 1,
  nextAttemptAt: null,
  finishedAt: new Date('2025-06-22T14:30:02Z'),
};

describe('alertTable', () => {
  it('aligns its columns', () => {
    const waiting = {
      ...alert,
      severity: 'info',
      state: 'pending',
      reason: 'server_error',
      attempts: 12,
    } as const;
    expect(alertTable([alert, waiting])).toBe(
      [
        'TIME                  SEVERITY  STATE    REASON        ATTEMPTS  INCIDENT         TITLE',
        '2025-06-22T14:30:00Z  critical  sent     -             1         backup:platform  Backup failed',
        '2025-06-22T14:30:00Z  info      pending  server_error  12        backup:platform  Backup failed',
        '',
      ].join('\n'),
    );
  });

  it('lets no alert write to the terminal', () => {
    const table = alertTable([{ ...alert, title: 'a\u001b[2J\nb' }]);
    expect(table.split('\n')).toHaveLength(3);
    expect(table).not.toContain('\u001b');
  });

  it('says that there is none', () => {
    expect(alertTable([])).toBe('No alert has been accepted yet.\n');
  });
});
