/** What a storm does to the platform. Each injects a failure and mends it; what it did not mend, `recover` waits for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayProcess, KeyPlatform } from './key-platform';

interface Struck {
  platform: KeyPlatform;
  pick<T>(list: readonly T[]): T;
}

const shortly = () => sleep(500 + Math.random() * 1_500);

/** In this order, over and over. A short storm has time for the first few. */
export const injections: Record<string, (struck: Struck) => Promise<void>> = {
  async 'gateway killed'({ platform, pick }) {
    const gateway = pick(platform.gateways);
    await gateway.kill();
    await shortly();
    gateway.start();
  },
  async 'Redis stopped and come back empty'({ platform }) {
    await platform.redis.stop();
    await shortly();
    await platform.redis.start();
  },
  async 'Postgres killed'({ platform }) {
    await platform.postgres.kill();
    await shortly();
    await platform.postgres.start();
  },
  async 'gateway stopped by SIGSTOP for longer than its lease'({ platform, pick }) {
    const gateway = pick(platform.gateways);
    gateway.pause();
    await sleep(6_000);
    gateway.resume();
  },
  async 'rotator killed'({ platform, pick }) {
    const rotator = pick(platform.rotators);
    await rotator.kill();
    await shortly();
    rotator.start();
  },
  async 'Postgres made to hang'({ platform }) {
    await platform.postgres.pause();
    await shortly();
    await platform.postgres.resume();
  },
  async 'gateway cut off from Redis'({ platform, pick }) {
    await cutOff(pick(platform.gateways), ['redis']);
  },
  async 'Postgres and Redis gone at once'({ platform }) {
    await Promise.all([platform.postgres.kill(), platform.redis.stop()]);
    await shortly();
    await Promise.all([platform.postgres.start(), platform.redis.start()]);
  },
  async 'gateway cut off from Postgres'({ platform, pick }) {
    await cutOff(pick(platform.gateways), ['postgres']);
  },
  async 'rotator started with a clock that is 60 s off'({ platform, pick }) {
    const rotator = pick(platform.rotators);
    await rotator.kill();
    rotator.start({ clockOffsetSeconds: Math.random() < 0.5 ? 60 : -60 });
  },
  async 'rotator killed while Redis is gone'({ platform, pick }) {
    const rotator = pick(platform.rotators);
    await Promise.all([platform.redis.stop(), rotator.kill()]);
    await shortly();
    rotator.start();
    await platform.redis.start();
  },
  async 'gateway cut off from both'({ platform, pick }) {
    await cutOff(pick(platform.gateways), ['postgres', 'redis']);
  },
  async 'rotator stopped by SIGSTOP'({ platform, pick }) {
    const rotator = pick(platform.rotators);
    rotator.pause();
    await shortly();
    rotator.resume();
  },
};

async function cutOff({ lines }: GatewayProcess, from: ('postgres' | 'redis')[]): Promise<void> {
  for (const name of from) lines[name].cut();
  await sleep(1_000 + Math.random() * 3_000);
  for (const name of from) lines[name].mend();
}
