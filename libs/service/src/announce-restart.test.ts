import { announceRestart } from './announce-restart';

test('a service’s start and stop are told as one incident with those of every other', async () => {
  const raised: object[] = [];
  const alerts = { raise: async (draft: object) => void raised.push(draft) };
  await announceRestart(alerts, 'api-gateway', 'started');
  await announceRestart(alerts, 'backup-service', 'stopped');
  expect(raised).toMatchObject([
    { incident: 'deployment', kind: 'service_started', severity: 'info', title: 'api-gateway started' },
    { incident: 'deployment', kind: 'service_stopped', severity: 'info', title: 'backup-service stopped' },
  ]);
});

test('a service that cannot tell is not kept from stopping', async () => {
  jest.useFakeTimers();
  const told = announceRestart({ raise: () => new Promise(() => undefined) }, 'api-gateway', 'stopped');
  await jest.advanceTimersByTimeAsync(3_000);
  await expect(told).resolves.toBeUndefined();
  jest.useRealTimers();
});
