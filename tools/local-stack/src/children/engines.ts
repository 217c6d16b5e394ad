/** The Postgres and the Redis of the stack: private, durable, kept between starts, on ports of their own. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgresServer } from '@swfx/postgres-server';
import type { PostgresPrograms } from '@swfx/postgres-server';
import { startRedisServer } from '@swfx/testkit';
import type { Layout } from '../state/layout';
import type { Ports } from '../machine/ports';
import type { PostgresHome } from '../state/postgres-home';
import type { Secrets } from '../state/secrets';
import type { Child } from './supervise';

type StackFacts = { layout: Layout; ports: Ports; secrets: Secrets };

/** Postgres as a child of the stack: every commit is on the disk before it is answered. */
export function postgresChild(facts: StackFacts, home: PostgresHome, programs: PostgresPrograms): Child {
  const logFile = join(facts.layout.logsDir, 'postgres.log');
  const options = {
    programs,
    dataDir: join(home.folder, `postgres-${programs.major}`),
    port: facts.ports.postgres,
    password: facts.secrets.postgresPassword,
    durable: true,
    logFile,
    owner: home.owner,
    settings: { max_connections: 200, timezone: 'UTC' },
  };
  return { name: `Postgres ${programs.major}`, tier: 0, logFile, start: () => startPostgresServer(options) };
}

/** Redis as a child of the stack: append-only, synced at every write, never evicting, with a password. */
export function redisChild({ layout, ports, secrets }: StackFacts, program: string): Child {
  const logFile = join(layout.logsDir, 'redis.log');
  const dir = join(layout.stateDir, 'redis');
  const options = {
    port: ports.redis,
    dir,
    persistent: true,
    password: secrets.redisPassword,
    program,
    logFile,
  };
  const start = async (): ReturnType<typeof startRedisServer> => {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return startRedisServer(options);
  };
  return { name: 'Redis', tier: 0, logFile, start };
}
