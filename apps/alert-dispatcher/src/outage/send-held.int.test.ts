import { Secret } from '@swfx/config';
import { createSilentLogger } from '@swfx/logging';
import { closeRedis, connectRedis } from '@swfx/messaging';
import { createMetrics } from '@swfx/metrics';
import { createTestRedis, waitUntil, type TestRedis } from '@swfx/testkit';
import { Registry } from 'prom-client';
import type { Notification } from '../deliver/notification';
import { exampleAlert } from '../start-test-dispatcher';
import { sendHeld, type HeldSending } from './send-held';
import { createToldStore } from './told-in-outage';

describe('sendHeld', () => {
  let server: TestRedis;
  let redis: HeldSending['redis'];
  const logger = createSilentLogger();

  beforeAll(async () => {
    server = await createTestRedis();
    redis = connectRedis({ url: new Secret(server.url), name: 'test', role: 'command', logger });
    await waitUntil(() => redis.status === 'ready');
  });
  afterAll(async () => {
    await closeRedis(redis);
    await server.drop();
  });

  const sendingTo = (name: string, told: Notification[], changes: Partial<HeldSending>): HeldSending => ({
    redis,
    logger,
    metrics: createMetrics({
      service: 'test',
      version: '0',
      environment: 'test',
      names: ['alerts_sent_total', 'alerts_failed_total', 'alerts_possible_duplicates_total'],
      registry: new Registry(),
    }),
    told: createToldStore(redis),
    readHeld: async () => [],
    destinations: [
      {
        destination: { name, tell: async (news) => (told.push(news), { outcome: 'delivered' }) },
        policy: { maxPerHour: 100, digestDepth: 10, digestAgeSeconds: 900 },
      },
    ],
    policy: { routes: [], destinations: [name], fallback: undefined },
    environment: 'test',
    leaseSeconds: 20,
    sentBefore: () => [],
    windows: () => [],
    ...changes,
  });
  const { signal } = new AbortController();

  it('tells no more than one message a second, however many replicas ask', async () => {
    const told: Notification[] = [];
    const occurredAt = new Date().toISOString();
    const held = [exampleAlert({ occurredAt }), exampleAlert({ occurredAt })];
    const sending = sendingTo('counted', told, { readHeld: async () => held });
    for (let replica = 0; replica < 3; replica++) await sendHeld(sending, signal);
    expect(told).toHaveLength(1);
    await waitUntil(async () => {
      await sendHeld(sending, signal);
      return told.length === 2;
    });
  });

  it('holds what a maintenance window holds, and tells the end of what was told', async () => {
    const told: Notification[] = [];
    const muted = exampleAlert({ service: 'muted' });
    const begun = exampleAlert({ service: 'begun' });
    let held = [muted, begun];
    const windows = [
      {
        severity: null,
        service: ['muted'],
        incident: 'backup:*',
        startsAt: new Date(0),
        endsAt: new Date(Date.now() + 3_600_000),
      },
    ];
    const sending = sendingTo('muting', told, { readHeld: async () => held, windows: () => windows });
    await sendHeld(sending, signal);
    held = [muted, begun, { ...begun, id: exampleAlert().id, status: 'resolved' }];
    windows.push({ ...(windows[0] as (typeof windows)[0]), service: ['begun'] });
    await waitUntil(async () => {
      await sendHeld(sending, signal);
      return told.length === 2;
    });
    expect(told).toMatchObject([
      { act: 'firing', story: { alert: { service: 'begun' } } },
      { act: 'resolved', story: { alert: { service: 'begun' } } },
    ]);
  });
});
