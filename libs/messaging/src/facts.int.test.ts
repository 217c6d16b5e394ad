import { Secret } from '@swfx/config';
import { createSilentLogger } from '@swfx/logging';
import { createMetrics, generateMetrics } from '@swfx/metrics';
import { createTestRedis, startTestRedis, waitUntil } from '@swfx/testkit';
import { Registry } from 'prom-client';
import { createFacts, facts } from './facts';

function open(url: string) {
  const metrics = createMetrics({
    service: 't',
    version: '1',
    environment: 'test',
    names: ['facts_ignored_total'],
    registry: new Registry(),
  });
  return {
    metrics,
    facts: createFacts({ redisUrl: new Secret(url), name: 'test', logger: createSilentLogger(), metrics }),
  };
}

describe('createFacts', () => {
  it('carries a fact from one process to another, and ignores what it does not understand', async () => {
    const redis = await createTestRedis();
    const speaker = open(redis.url);
    const listener = open(redis.url);
    const heard: number[] = [];
    listener.facts.subscribe(facts.keySetChanged, ({ epoch }) => heard.push(epoch));
    await waitUntil(async () => (await redis.client.pubsub('NUMSUB', facts.keySetChanged.topic))[1] === 1, {
      timeoutMs: 30_000,
    });

    await redis.client.publish(facts.keySetChanged.topic, 'not json');
    await redis.client.publish(facts.keySetChanged.topic, JSON.stringify({ v: 2, data: { epoch: 1 } }));
    await redis.client.publish(
      facts.keySetChanged.topic,
      JSON.stringify({ v: 1, data: { epoch: 7, unknown: true }, more: 1 }),
    );
    expect(await speaker.facts.publish(facts.keySetChanged, { epoch: 8 })).toBe(true);
    await waitUntil(() => heard.length === 2, { timeoutMs: 30_000 });
    expect(heard).toEqual([7, 8]);
    const { body } = await generateMetrics(listener.metrics.registry);
    expect(body).toContain('facts_ignored_total{reason="invalid"} 1');
    expect(body).toContain('facts_ignored_total{reason="unknown_version"} 1');
    await Promise.all([speaker.facts.stop(), listener.facts.stop()]);
    await redis.drop();
  });

  it('says false when Redis is away, and tells a listener when it is back', async () => {
    const redis = await startTestRedis();
    const { facts: both } = open(redis.url);
    const heard: number[] = [];
    let reconnects = 0;
    both.subscribe(facts.keySetChanged, ({ epoch }) => heard.push(epoch));
    both.onReconnect(() => (reconnects += 1));
    await waitUntil(() => both.publish(facts.keySetChanged, { epoch: 1 }), { timeoutMs: 30_000 });
    await waitUntil(
      async () => (await both.publish(facts.keySetChanged, { epoch: 2 })) && heard.includes(2),
      { timeoutMs: 30_000 },
    );
    await redis.stop();
    expect(await both.publish(facts.keySetChanged, { epoch: 3 })).toBe(false);
    await redis.start();
    await waitUntil(() => reconnects > 0, { timeoutMs: 60_000 });
    await waitUntil(
      async () => (await both.publish(facts.keySetChanged, { epoch: 4 })) && heard.includes(4),
      { timeoutMs: 60_000 },
    );
    await both.stop();
    await redis.drop();
  });
});
