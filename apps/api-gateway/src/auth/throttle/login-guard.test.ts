import type { AuditEvent } from '@swfx/audit';
import { createMetrics } from '@swfx/metrics';
import { Registry } from 'prom-client';
import { createLocalThrottle } from './local-throttle';
import { createLoginGuard } from './login-guard';

test('tells of an address that locks itself out by trying an account that is locked', async () => {
  const events: AuditEvent[] = [];
  const registry = new Registry();
  const times = { lockMs: 30_000, lockMaxMs: 30_000, windowMs: 60_000 };
  const guard = createLoginGuard({
    throttle: createLocalThrottle(),
    rules: { account: { ...times, freeFailures: 1 }, address: { ...times, freeFailures: 2 } },
    audit: { record: (event) => Promise.resolve(void events.push(event)) },
    metrics: createMetrics({
      service: 'test',
      version: '0',
      environment: 'test',
      names: ['login_lockouts_total'],
      registry,
    }),
  });
  await (await guard.admit('a@example.com', '192.0.2.1')).failed('user:1');
  await expect(guard.admit('a@example.com', '192.0.2.1')).rejects.toMatchObject({
    code: 'too_many_attempts',
  });
  await expect(guard.admit('b@example.com', '192.0.2.1')).rejects.toMatchObject({
    code: 'too_many_attempts',
  });
  expect(events.map(({ action, subject, fields }) => [action, subject, fields])).toEqual([
    ['login_locked_out', 'user:1', { scope: 'account', source: '192.0.2.1', locked_seconds: 30 }],
    ['login_locked_out', null, { scope: 'address', source: '192.0.2.1', locked_seconds: 30 }],
  ]);
});
