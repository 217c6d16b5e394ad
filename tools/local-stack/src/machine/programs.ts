import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { findPostgresPrograms, programFolders } from '@swfx/postgres-server';
import type { FindPostgresPrograms } from '@swfx/postgres-server';

/** Where `npm start -- --monitoring` and the tests find each program: its names, ours first, and Debian's package. */
export const monitoringPrograms = {
  prometheus: { names: ['prometheus'], package: 'prometheus' },
  promtool: { names: ['promtool'], package: 'prometheus' },
  alertmanager: { names: ['prometheus-alertmanager', 'alertmanager'], package: 'prometheus-alertmanager' },
  amtool: { names: ['amtool'], package: 'prometheus-alertmanager' },
  postgresExporter: {
    names: ['prometheus-postgres-exporter', 'postgres_exporter'],
    package: 'prometheus-postgres-exporter',
  },
  redisExporter: {
    names: ['prometheus-redis-exporter', 'redis_exporter'],
    package: 'prometheus-redis-exporter',
  },
} as const;

export type MonitoringProgram = keyof typeof monitoringPrograms;
export type MonitoringPrograms = Record<MonitoringProgram, string>;

/** The programs that the stack runs, those that only the printed commands use (`jq`, `curl`), and that tests need. */
export type Programs = {
  postgres: FindPostgresPrograms;
  redisServer?: string;
  zstd?: string;
  jq?: string;
  curl?: string;
  git?: string;
  monitoring: Partial<MonitoringPrograms>;
};

/** Looks for them on PATH and where packages put them. */
export async function findPrograms(path: string | undefined): Promise<Programs> {
  const folders = await programFolders(path);
  const [postgres, redisServer, zstd, jq, curl, git] = await Promise.all([
    findPostgresPrograms({ searchPaths: folders }),
    ...['redis-server', 'zstd', 'jq', 'curl', 'git'].map((name) => findProgram(name, folders)),
  ] as const);
  return { postgres, redisServer, zstd, jq, curl, git, monitoring: await findMonitoring(folders) };
}

async function findMonitoring(folders: string[]): Promise<Programs['monitoring']> {
  const found = Object.entries(monitoringPrograms).map(async ([key, { names }]) => {
    const paths = await Promise.all(names.map((name) => findProgram(name, folders)));
    return [key, paths.find(Boolean)];
  });
  return Object.fromEntries(await Promise.all(found)) as Programs['monitoring'];
}

async function findProgram(name: string, folders: string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}
