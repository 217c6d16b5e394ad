/** Prometheus, Alertmanager and the exporters of the two engines, as children of the stack: the last to start. */
import { join } from 'node:path';
import type { MonitoringPrograms } from '../machine/programs';
import type { monitoringPorts } from '../machine/ports';
import type { StackFacts } from './services';
import { startService } from './start-service';
import type { Child } from './supervise';
import { loginUrl } from './urls';

export type MonitoringPort = (typeof monitoringPorts)[number];

/** Their names in the table, by port. */
export const monitoringNames: Record<MonitoringPort, string> = {
  prometheus: 'Prometheus',
  alertmanager: 'Alertmanager',
  postgresExporter: 'Postgres exporter',
  redisExporter: 'Redis exporter',
};

type Definition = { port: MonitoringPort; args: string[]; env?: Record<string, string>; ready: string };

const host = '127.0.0.1';

/** The four children. Pure; passwords are in the environment, which only the owner of a process can read. */
export function monitoringChildren(facts: StackFacts, programs: MonitoringPrograms): Child[] {
  const { ports, layout, secrets } = facts;
  const inFolder = (name: string): string => join(layout.monitoringDir, name);
  const listen = (port: MonitoringPort): string => `${host}:${ports[port]}`;
  const definitions: Definition[] = [
    {
      port: 'alertmanager',
      ready: '/-/ready',
      args: [
        `--config.file=${inFolder('alertmanager.yml')}`,
        `--storage.path=${inFolder('alertmanager')}`,
        `--web.listen-address=${listen('alertmanager')}`,
        // One instance: it looks for no others.
        '--cluster.listen-address=',
      ],
    },
    {
      port: 'prometheus',
      ready: '/-/ready',
      args: [
        `--config.file=${inFolder('prometheus.yml')}`,
        `--storage.tsdb.path=${inFolder('prometheus')}`,
        '--storage.tsdb.retention.time=90d',
        // What fires before Alertmanager is discovered is said again soon, and not in a minute.
        '--rules.alert.resend-delay=5s',
        `--web.listen-address=${listen('prometheus')}`,
        // The links of alerts lead to the runbooks there.
        `--web.user-assets=${join(layout.root, 'docs')}`,
      ],
    },
    {
      port: 'postgresExporter',
      ready: '/',
      args: [`--web.listen-address=${listen('postgresExporter')}`],
      env: { DATA_SOURCE_NAME: `${loginUrl(facts, 'swfx_monitor_login', 'ops')}?sslmode=disable` },
    },
    {
      port: 'redisExporter',
      ready: '/',
      args: ['-web.listen-address', listen('redisExporter'), '-redis.addr', `redis://${host}:${ports.redis}`],
      env: { REDIS_PASSWORD: secrets.redisPassword },
    },
  ];
  return definitions.map((definition) => toChild(facts, programs, definition));
}

function toChild(
  facts: StackFacts,
  programs: MonitoringPrograms,
  { port, args, env, ready }: Definition,
): Child {
  const { layout, ports, inherited } = facts;
  const name = monitoringNames[port];
  const logFile = join(layout.logsDir, `${name.toLowerCase().replace(' ', '-')}.log`);
  const service = {
    program: programs[port],
    args,
    cwd: layout.monitoringDir,
    env: { PATH: inherited.path ?? '/usr/bin:/bin', ...env },
    logFile,
    readyUrl: `http://${host}:${ports[port]}${ready}`,
  };
  return { name, tier: 4, logFile, start: (signal) => startService(service, signal) };
}
