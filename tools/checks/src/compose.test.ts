/** There is no container engine here, so what Compose and Docker would look up is looked up instead. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSecret, loadConfig, serviceSettings, type Environment } from '@swfx/config';
import { z } from 'zod';
import { environmentOf, readCompose, secretsOf, type ComposeService } from './compose-document';
import { configSchemaOf } from './config-fields';
import { readDockerfile } from './dockerfile';
import { isThere, readText, repositoryRoot } from './repository';
import { serviceNames, services, type ServiceName } from './services';

const compose = readCompose(readText('docker-compose.yml'), { PLATFORM_API_URL: 'http://platform-api:8080' });
const dockerfile = readDockerfile(readText('deploy/docker/Dockerfile'));
const all = Object.entries(compose.services);
const ours = all.filter(([, service]) => service.build !== undefined);

function composed(name: ServiceName) {
  const service = compose.services[name];
  if (!service) throw new Error(`docker-compose.yml has no ${name}`);
  return service;
}

const folder = mkdtempSync(join(tmpdir(), 'swfx-secrets-'));
const secretsFolder = join(folder, 'secrets');
afterAll(() => rmSync(folder, { recursive: true }));
execFileSync(process.execPath, [
  join(repositoryRoot, 'deploy/docker/create-secrets.mjs'),
  'postgres://backup:secret@platform-db:5432/platform',
  secretsFolder,
]);

/** A path below /run/secrets as the file that would be mounted there. */
function mounted(value: string): string {
  const [, name] = /^\/run\/secrets\/(.+)$/.exec(value) ?? [];
  const file = name === undefined ? undefined : compose.secrets[name]?.file;
  return file === undefined ? value : join(folder, file);
}

describe.each(serviceNames)('%s', (name) => {
  const service = composed(name);
  const environment = environmentOf(service);
  const schema = configSchemaOf(name);

  test('is given only variables that it has', () => {
    const known = Object.entries(schema.shape).flatMap(([variable, field]) =>
      isSecret(field as z.ZodType) ? [variable, `${variable}_FILE`] : [variable],
    );
    expect(Object.keys(environment).filter((variable) => !known.includes(variable))).toEqual([]);
  });

  test('starts with the values that it is given', () => {
    const values = Object.entries(environment).map(
      ([variable, value]) => [variable, mounted(value)] as const,
    );
    expect(() => loadConfig(schema, Object.fromEntries(values))).not.toThrow();
  });

  test('is given the secrets that it reads, and no other', () => {
    const read = Object.values(environment).flatMap(
      (value) => /^\/run\/secrets\/(.+)$/.exec(value)?.[1] ?? [],
    );
    expect(secretsOf(service).sort()).toEqual(read.sort());
  });

  test('listens on the ports of the contract and publishes them', () => {
    const { public: publicPort, operations } = services[name];
    const expected = [publicPort, operations].filter((port) => port !== undefined).map(String);
    const published = (service.ports ?? []).map((port) => port.split(':').slice(-2));
    expect(published).toEqual(expected.map((port) => [port, port]));
    expect(environment['PROMETHEUS_PORT']).toBe(String(operations));
    expect(environment['HTTP_PORT']).toBe(publicPort === undefined ? undefined : String(publicPort));
  });
});

test('the admin API of backups is on where it is told whose key set to believe, and the gateway knows the way', () => {
  const at = (environment: Record<string, string>) => {
    const { services } = readCompose(readText('docker-compose.yml'), {
      PLATFORM_API_URL: 'http://platform-api:8080',
      ...environment,
    });
    return ['api-gateway', 'backup-service'].map((name) => environmentOf(services[name] as ComposeService));
  };
  const [gateway, backups] = at({ KEY_SET_TRUST: 'kek-1:key' });
  const { hostname, port } = new URL(String(gateway?.['BACKUP_ADMIN_URL']));
  expect(hostname).toBe('backup-service');
  expect(backups).toMatchObject({ KEY_SET_TRUST: 'kek-1:key', ADMIN_HOST: '0.0.0.0' });
  const values = Object.entries(backups ?? {}).map(([name, value]) => [name, mounted(value)] as const);
  const { ADMIN_PORT } = loadConfig(configSchemaOf('backup-service'), {
    ...Object.fromEntries(values),
    KEY_SET_TRUST: '',
  }) as { ADMIN_PORT: number };
  expect(port).toBe(String(ADMIN_PORT));
  // Empty is not given.
  expect(at({}).map((one) => one['BACKUP_ADMIN_URL'] ?? one['KEY_SET_TRUST'])).toEqual(['', '']);
});

test('the operator is given what its commands read', () => {
  const { operator } = compose.services;
  const values = Object.entries(environmentOf(operator as ComposeService)).map(([variable, value]) => [
    variable,
    mounted(value),
  ]);
  expect(() =>
    loadConfig(z.object(serviceSettings), Object.fromEntries(values) as Environment),
  ).not.toThrow();
});

test.each(ours)('%s is built from a stage of the Dockerfile', (_, { build }) => {
  expect(build && isThere(build.dockerfile)).toBe(true);
  expect(dockerfile.stages).toContain(build?.target);
});

test.each(ours)('%s runs a program that the image holds', (_, { command = [], entrypoint = [] }) => {
  const [runtime, program = ''] = [...entrypoint, ...command];
  expect(runtime).toBe('node');
  expect(dockerfile.copies.some(({ target }) => program === target || program.startsWith(`${target}/`))).toBe(
    true,
  );
});

test.each(ours)('%s has its volumes on folders that its user owns', (_, { volumes = [] }) => {
  const targets = volumes.map((volume) => volume.split(':')[1]);
  expect(targets.filter((target) => !dockerfile.folders.includes(String(target)))).toEqual([]);
});

test('the Dockerfile copies only what the clone has or its build makes', () => {
  const missing = dockerfile.copies.filter(
    ({ source }) => !isThere(source.replace(/\/dist$/, '/src/main.ts')),
  );
  expect(missing).toEqual([]);
  expect(
    dockerfile.copies.flatMap(({ from }) => from ?? []).every((from) => dockerfile.stages.includes(from)),
  ).toBe(true);
});

test('every service that is waited for can be', () => {
  const waits = all.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));
  for (const [name, { condition }] of waits) {
    expect(compose.services[name]).toBeDefined();
    if (condition === 'service_healthy') expect(compose.services[name]?.healthcheck).toHaveProperty('test');
  }
});

test('networks, volumes and secrets are declared and used, each', () => {
  const used = (pick: (service: (typeof all)[number][1]) => string[]) =>
    [...new Set(all.flatMap(([, s]) => pick(s)))].sort();
  expect(used(({ networks = [] }) => networks)).toEqual(Object.keys(compose.networks).sort());
  const named = (volumes: string[]) => volumes.filter((volume) => !volume.startsWith('.'));
  expect(used(({ volumes = [] }) => named(volumes).map((v) => String(v.split(':')[0])))).toEqual(
    Object.keys(compose.volumes).sort(),
  );
  expect(used(secretsOf)).toEqual(Object.keys(compose.secrets).sort());
});

test('the secrets are the files that create-secrets makes', () => {
  const files = Object.values(compose.secrets).map(({ file }) => file);
  expect(files.sort()).toEqual(
    readdirSync(secretsFolder)
      .map((name) => `secrets/${name}`)
      .sort(),
  );
});

test('Redis keeps what it is given and evicts nothing', () => {
  const command = compose.services['redis']?.command?.join(' ');
  expect(command).toContain('--appendonly yes');
  expect(command).toContain('--maxmemory-policy noeviction');
});
