/** The Postgres and the Redis of the stack: private, durable, kept between starts, on ports of their own. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { canEnterFolder, startPostgresServer, unprivilegedOwner } from '@swfx/postgres-server';
import type { PostgresPrograms, ProcessOwner } from '@swfx/postgres-server';
import { startRedisServer } from '@swfx/testkit';
import type { Layout } from './layout';
import type { Ports } from './ports';
import type { Secrets } from './secrets';
import type { Child } from './supervise';

/** Where the data of clones is that the server's user cannot enter, in a folder for each. */
export const outsideFolder = '/var/lib/swfx-local';

/** Where the data of Postgres is kept, and who its server runs as. */
export type PostgresHome = { folder: string; owner?: ProcessOwner };

type StackFacts = { layout: Layout; ports: Ports; secrets: Secrets };

/**
 * In the state folder; but as root Postgres runs as another user, who may have no way into a clone under, say, /root:
 * then in a folder under /var/lib that is named after the state folder.
 */
export async function choosePostgresHome(layout: Layout): Promise<PostgresHome> {
  const owner = await unprivilegedOwner();
  // Whatever the umask is: the server's user has to pass through here.
  await chmod(layout.stateDir, 0o755);
  if (await canEnterFolder(layout.stateDir, owner)) return { folder: layout.stateDir, owner };
  const folder = outsidePostgresFolder(layout);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  return { folder, owner };
}

/** The folder for a state folder that the server's user cannot enter. Pure. */
export function outsidePostgresFolder({ stateDir }: Layout): string {
  return join(outsideFolder, createHash('sha256').update(stateDir).digest('hex').slice(0, 16));
}

/** The majors of which there is a data folder. */
export async function majorsWithData({ folder }: PostgresHome): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => /^postgres-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
}

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
