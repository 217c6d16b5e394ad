/** The six programs of the stack: where each listens, what it is told, and what it depends on. */
import { dirname, join } from 'node:path';
import { Secret } from '@swfx/config';
import { keySetSigner, parseKeyRing } from '@swfx/signing-keys';
import type { Layout } from '../state/layout';
import type { Ports } from '../machine/ports';
import type { MonitoringPrograms } from '../machine/programs';
import type { ProvisionedMachine } from '../machine/provision';
import type { Secrets } from '../state/secrets';
import { startService } from './start-service';
import type { Child } from './supervise';
import { adminUrl, loginUrl, redisUrl, runbooksUrl, slackWebhookUrl } from './urls';

export type StackFacts = {
  layout: Layout;
  ports: Ports;
  secrets: Secrets;
  machine: ProvisionedMachine;
  /** The programs of `--monitoring`, where it was asked for. */
  monitoring?: MonitoringPrograms;
  /** Our own PATH and HOME. */
  inherited: { path?: string; home?: string };
  /** The settings of the clone's `.env`, which yield to what the stack itself has to decide. */
  dotenv: Record<string, string>;
  /** The `--env` settings, which come before everything. */
  overrides: Record<string, string>;
};

export type ServiceName =
  | 'alert-dispatcher'
  | 'api-gateway'
  | 'backup-service'
  | 'key-rotation-service'
  | 'sample upstream'
  | 'Slack stand-in';

export type ServiceDefinition = {
  name: ServiceName;
  /** The project whose bundle it is: a folder under the root. */
  project: string;
  tier: number;
  /** For the table. */
  ports: string;
  readyUrl: string;
  env: Record<string, string>;
};

const host = '127.0.0.1';

/** In the order of the table. Those of a higher tier start after, and stop before, those of a lower one. Pure. */
export function defineServices(facts: StackFacts): ServiceDefinition[] {
  return [gateway(facts), rotation(facts), backup(facts), dispatcher(facts), upstream(facts), slack(facts)];
}

/** A service as a child of the supervisor. Its output is appended to `logs/<name>.log`. */
export function serviceChild(service: ServiceDefinition, { layout }: StackFacts): Child {
  const logFile = join(layout.logsDir, `${logName(service)}.log`);
  const bundle = join(layout.root, service.project, 'dist/main.js');
  const { name, tier, env, readyUrl } = service;
  const args = ['--enable-source-maps', bundle];
  const options = { program: process.execPath, args, cwd: layout.root, env, logFile, readyUrl };
  return { name, tier, logFile, start: (signal) => startService(options, signal) };
}

/** What every operator command needs; `.swfx/operator.env` holds it. Pure. */
export function operatorEnvironment(facts: StackFacts): Record<string, string> {
  const { ACCESS_LOG_FILE: _, ...shared } = common(facts, 'operator');
  return {
    ...shared,
    DATABASE_URL: loginUrl(facts, 'swfx_operator_login', 'ops'),
    KEY_ENCRYPTION_KEYS: facts.secrets.keyEncryptionKeys,
    ...backupSettings(facts),
    ...facts.overrides,
  };
}

function gateway(facts: StackFacts): ServiceDefinition {
  const { ports, secrets } = facts;
  const upstreamUrl = `http://${host}:${ports.upstream}`;
  const scopes = { read: 'platform:read', write: 'platform:write' };
  return define(facts, {
    name: 'api-gateway',
    project: 'apps/api-gateway',
    tier: 3,
    ports: [ports.gateway, ports.gatewayOperations],
    env: {
      DATABASE_URL: loginUrl(facts, 'swfx_gateway_login', 'ops'),
      KEY_ENCRYPTION_KEYS: secrets.keyEncryptionKeys,
      ROUTES: JSON.stringify([{ prefix: '/api', upstream: upstreamUrl, scopes }]),
      BACKUP_ADMIN_URL: `http://${host}:${ports.backupAdmin}`,
    },
  });
}

function rotation(facts: StackFacts): ServiceDefinition {
  return define(facts, {
    name: 'key-rotation-service',
    project: 'apps/key-rotation-service',
    tier: 3,
    ports: [undefined, facts.ports.rotationOperations],
    env: {
      DATABASE_URL: loginUrl(facts, 'swfx_rotation_login', 'ops'),
      KEY_ENCRYPTION_KEYS: facts.secrets.keyEncryptionKeys,
    },
  });
}

function backup(facts: StackFacts): ServiceDefinition {
  return define(facts, {
    name: 'backup-service',
    project: 'apps/backup-service',
    tier: 3,
    ports: [undefined, facts.ports.backupOperations],
    env: {
      DATABASE_URL: loginUrl(facts, 'swfx_backup_login', 'ops'),
      ...backupSettings(facts),
      ADMIN_HOST: host,
      ADMIN_PORT: String(facts.ports.backupAdmin),
      // It verifies tokens, and holds no ring by which it could tell who signs the key set.
      KEY_SET_TRUST: keySetSigner(parseKeyRing(new Secret(facts.secrets.keyEncryptionKeys))).name,
    },
  });
}

/** The last of the four to stop: it sends what the others have to say when they stop. */
function dispatcher(facts: StackFacts): ServiceDefinition {
  const { ports } = facts;
  return define(facts, {
    name: 'alert-dispatcher',
    project: 'apps/alert-dispatcher',
    tier: 2,
    ports: [ports.dispatcher, ports.dispatcherOperations],
    env: {
      DATABASE_URL: loginUrl(facts, 'swfx_dispatcher_login', 'ops'),
      SLACK_WEBHOOK_URL: slackWebhookUrl(facts),
      SLACK_ALERTING_ENABLED: 'true',
      // Only then is there somebody to serve them.
      ...(facts.monitoring ? { ALERT_RUNBOOK_URL: runbooksUrl(facts) } : {}),
    },
  });
}

function upstream(facts: StackFacts): ServiceDefinition {
  return helper(facts, {
    name: 'sample upstream',
    project: 'tools/sample-platform',
    port: facts.ports.upstream,
    env: { PLATFORM_DATABASE_URL: loginUrl(facts, 'platform_api', 'platform') },
  });
}

function slack(facts: StackFacts): ServiceDefinition {
  return helper(facts, {
    name: 'Slack stand-in',
    project: 'tools/slack-stand-in',
    port: facts.ports.slack,
    env: { WEBHOOK_SECRET: facts.secrets.slackWebhookSecret },
  });
}

function backupSettings(facts: StackFacts): Record<string, string> {
  const url = loginUrl(facts, 'platform_backup', 'platform');
  return {
    BACKUP_TARGETS: JSON.stringify([{ name: 'platform', url, restoreUrl: adminUrl(facts, 'platform') }]),
    BACKUP_DIR: facts.layout.backupsDir,
    BACKUP_ENCRYPTION_KEYS: facts.secrets.backupEncryptionKeys,
    BACKUP_SIGNING_KEYS: facts.secrets.backupSigningKeys,
  };
}

type Definition = Pick<ServiceDefinition, 'name' | 'project' | 'env'>;

function define(
  facts: StackFacts,
  service: Definition & { tier: number; ports: [number | undefined, number] },
): ServiceDefinition {
  const [publicPort, operationsPort] = service.ports;
  const listening = { HTTP_HOST: host, PROMETHEUS_HOST: host, PROMETHEUS_PORT: String(operationsPort) };
  const own: Record<string, string> = {
    ...service.env,
    ...listening,
    ...(publicPort ? { HTTP_PORT: String(publicPort) } : {}),
  };
  const adminPort = own['ADMIN_PORT'];
  const shown = [publicPort, adminPort && `admin ${adminPort}`, `operations ${operationsPort}`];
  return {
    ...service,
    ports: shown.filter(Boolean).join(', '),
    readyUrl: `http://${host}:${operationsPort}/readyz`,
    env: { ...facts.dotenv, ...common(facts, service.name), ...own, ...facts.overrides },
  };
}

function helper(facts: StackFacts, service: Definition & { port: number }): ServiceDefinition {
  const { name, project, port, env } = service;
  const readyUrl = `http://${host}:${port}/health`;
  const listening = { HTTP_HOST: host, HTTP_PORT: String(port) };
  return {
    name,
    project,
    tier: 1,
    ports: String(port),
    readyUrl,
    env: { ...inherited(facts), ...env, ...listening },
  };
}

/** What each service is told. A `.env` may change what is not here, such as schedules, levels and limits. */
function common(facts: StackFacts, name: string): Record<string, string> {
  const { layout, ports, secrets } = facts;
  return {
    ...inherited(facts),
    ENVIRONMENT: facts.dotenv['ENVIRONMENT'] ?? 'development',
    REDIS_URL: redisUrl(facts),
    ACCESS_LOG_FILE: join(layout.logsDir, `${name}.access.log`),
    AUDIT_LOG_FILE: join(layout.logsDir, 'audit.log'),
    SPOOL_DIR: join(layout.spoolDir, name),
    ALERT_INTAKE_URL: `http://${host}:${ports.dispatcher}`,
    ALERT_INTAKE_TOKEN: secrets.alertIntakeToken,
  };
}

/** Programs that were found off PATH are on the services' PATH. */
function inherited({ machine, inherited: { path, home } }: StackFacts): Record<string, string> {
  const folders = [
    dirname(process.execPath),
    machine.postgres.binDir,
    dirname(machine.zstd),
    path ?? '/usr/bin:/bin',
  ];
  return { PATH: folders.join(':'), ...(home ? { HOME: home } : {}) };
}

function logName({ name }: ServiceDefinition): string {
  return name.toLowerCase().replaceAll(' ', '-');
}
