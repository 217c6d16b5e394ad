import { layoutOf } from '../state/layout';
import { usualPorts } from '../machine/ports';
import type { MonitoringPrograms } from '../machine/programs';
import type { ProvisionedMachine } from '../machine/provision';
import { completeSecrets } from '../state/secrets';
import { defineServices, operatorEnvironment } from './services';
import type { ServiceDefinition, ServiceName, StackFacts } from './services';
import { loginNames } from '../first-run/databases';

const facts: StackFacts = {
  layout: layoutOf('/clone'),
  ports: usualPorts,
  secrets: completeSecrets({}, loginNames, () => 'A'.repeat(43)),
  machine: {
    postgres: { binDir: '/pg/bin' },
    redisServer: '/redis',
    zstd: '/off/path/zstd',
  } as ProvisionedMachine,
  inherited: { path: '/usr/bin' },
  dotenv: {},
  overrides: {},
};

function service(name: ServiceName, changes: Partial<StackFacts> = {}): ServiceDefinition {
  const found = defineServices({ ...facts, ...changes }).find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no service ${name}`);
  return found;
}

describe('defineServices', () => {
  it('gives each service the ports of the contract, on the loopback interface', () => {
    const ports = defineServices(facts).map(({ name, ports }) => `${name}: ${ports}`);
    expect(ports).toEqual([
      'api-gateway: 8000, operations 9101',
      'key-rotation-service: operations 9090',
      'backup-service: admin 8002, operations 9102',
      'alert-dispatcher: 8003, operations 9103',
      'sample upstream: 8001',
      'Slack stand-in: 8004',
    ]);
    expect(service('api-gateway').env).toMatchObject({
      HTTP_HOST: '127.0.0.1',
      PROMETHEUS_HOST: '127.0.0.1',
    });
  });

  it('lets each service log in as itself', () => {
    const users = defineServices(facts).map(
      ({ env }) => new URL(env['DATABASE_URL'] ?? 'postgres://none@x').username,
    );
    expect(new Set(users.slice(0, 4)).size).toBe(4);
    expect(users).not.toContain('postgres');
  });

  it('keeps the key encryption keys from those that neither sign nor rotate', () => {
    const holders = defineServices(facts).filter(({ env }) => 'KEY_ENCRYPTION_KEYS' in env);
    expect(holders.map(({ name }) => name)).toEqual(['api-gateway', 'key-rotation-service']);
  });

  it('lets a .env change a schedule but not where the databases are', () => {
    const dotenv = { BACKUP_SCHEDULE_CRON: '* * * * *', DATABASE_URL: 'postgres://elsewhere' };
    const { env } = service('backup-service', { dotenv });
    expect(env['BACKUP_SCHEDULE_CRON']).toBe('* * * * *');
    expect(env['DATABASE_URL']).toContain('swfx_backup_login');
  });

  it('takes --env before everything', () => {
    const overrides = { SLACK_WEBHOOK_URL: 'http://127.0.0.1:1/' };
    expect(service('alert-dispatcher', { overrides }).env).toMatchObject(overrides);
  });

  it('links to runbooks where there is a Prometheus that serves them, or where a .env says', () => {
    const monitoring = {} as MonitoringPrograms;
    const link = (changes: Partial<StackFacts>) =>
      service('alert-dispatcher', changes).env['ALERT_RUNBOOK_URL'];
    expect(link({})).toBeUndefined();
    expect(link({ monitoring })).toBe('http://localhost:9091/user/runbooks/');
    const dotenv = { ALERT_RUNBOOK_URL: 'https://runbooks.example/' };
    expect([link({ dotenv }), link({ dotenv, monitoring })]).toEqual(Array(2).fill(dotenv.ALERT_RUNBOOK_URL));
  });

  it('puts the programs that were found off PATH on it', () => {
    expect(service('backup-service').env['PATH']).toMatch(/:\/pg\/bin:\/off\/path:\/usr\/bin$/);
  });

  it('stops the dispatcher after those that have something to say when they stop', () => {
    expect(service('alert-dispatcher').tier).toBeLessThan(service('backup-service').tier);
    expect(service('alert-dispatcher').tier).toBeGreaterThan(service('Slack stand-in').tier);
  });
});

describe('operatorEnvironment', () => {
  it('logs in as the operator', () => {
    expect(operatorEnvironment(facts)['DATABASE_URL']).toContain('//swfx_operator_login:');
  });
});
