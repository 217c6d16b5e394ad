/** The profile `monitoring` against the files that its programs are given: what each names has to be where it looks. */
import { existsSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parse } from 'yaml';
import { environmentOf, mountsOf, readCompose, secretsOf, type ComposeService } from './compose-document';
import { isThere, readText, repositoryRoot } from './repository';

const compose = readCompose(readText('docker-compose.yml'), { PLATFORM_API_URL: 'http://platform-api:8080' });
const programs = Object.entries(compose.services).filter(([, { profiles }]) =>
  profiles?.includes('monitoring'),
);

function composed(name: string): ComposeService {
  const service = compose.services[name];
  if (!service) throw new Error(`docker-compose.yml has no ${name}`);
  return service;
}

/** The ports on which programs that are not ours listen in their images. */
const imagePorts: Record<string, string> = {
  prometheus: '9090',
  alertmanager: '9093',
  grafana: '3000',
  'postgres-exporter': '9187',
  'redis-exporter': '9121',
};

/** The ports of a service as another container sees them. */
function portsOf(name: string): string[] {
  const { PROMETHEUS_PORT, HTTP_PORT } = environmentOf(composed(name));
  return [PROMETHEUS_PORT, HTTP_PORT, imagePorts[name]].filter((port) => port !== undefined);
}

function expectReachable(from: string, address: string): void {
  const [host = '', port = ''] = address.split(':');
  const target = host === 'localhost' ? from : host;
  expect(portsOf(target)).toContain(port);
  const shared = (composed(from).networks ?? []).filter((network) =>
    composed(target).networks?.includes(network),
  );
  expect(shared).not.toEqual([]);
}

/** A path in a container as the path of the repository that is mounted there. */
function inClone(name: string, path: string): string {
  const [target, source] = Object.entries(mountsOf(composed(name))).find(([at]) => path.startsWith(at)) ?? [];
  if (!target || !source) throw new Error(`${name} sees nothing of the clone at ${path}`);
  return posix.join(source, path.slice(target.length));
}

function flagOf(name: string, flag: string): string {
  const found = composed(name).command?.find((argument) => argument.startsWith(`--${flag}=`));
  return found?.slice(flag.length + 3) ?? '';
}

test.each(programs)(
  '%s is of a pinned version, reads files that are there, and is open to this machine only',
  (_, service) => {
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+$/);
    expect(
      Object.values(mountsOf(service)).filter((path) => !existsSync(join(repositoryRoot, path))),
    ).toEqual([]);
    expect((service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  },
);

describe('Prometheus', () => {
  const path = inClone('prometheus', flagOf('prometheus', 'config.file'));
  const text = readText(path);
  const config = parse(text) as {
    rule_files: string[];
    global: { external_labels: Record<string, string> };
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
  };
  const targets = [...config.scrape_configs, ...config.alerting.alertmanagers].flatMap(({ static_configs }) =>
    static_configs.flatMap((one) => one.targets),
  );

  test.each(targets)('reaches %s', (target) => expectReachable('prometheus', target));

  test('finds its rules', () => {
    const folders = config.rule_files.map((pattern) =>
      posix.join(posix.dirname(path), posix.dirname(pattern)),
    );
    for (const folder of folders) expect(readdirSync(join(repositoryRoot, folder))).not.toEqual([]);
  });

  test('keeps what it has seen for 90 days', () => {
    expect(flagOf('prometheus', 'storage.tsdb.retention.time')).toBe('90d');
  });

  test('is given the variables that its labels name, and expands them', () => {
    const named = Object.values(config.global.external_labels).flatMap(
      (value) => /^\$\{(\w+)\}$/.exec(value)?.[1] ?? [],
    );
    expect(Object.keys(environmentOf(composed('prometheus'))).sort()).toEqual(named.sort());
    expect(flagOf('prometheus', 'enable-feature')).toBe('expand-external-labels');
  });

  test('serves the runbooks where the dispatcher links to', () => {
    const { ALERT_RUNBOOK_URL: url = '' } = environmentOf(composed('alert-dispatcher'));
    expect(environmentOf(composed('prometheus'))['ALERT_RUNBOOK_URL']).toBe(url);
    const served = inClone('prometheus', flagOf('prometheus', 'web.user-assets'));
    const { port, pathname } = new URL(url);
    expect(composed('prometheus').ports).toContain(`127.0.0.1:${port}:9090`);
    expect(isThere(posix.join(served, pathname.replace('/user/', ''), 'BackupFailure.md'))).toBe(true);
  });
});

describe('Alertmanager', () => {
  const text = readText(inClone('alertmanager', flagOf('alertmanager', 'config.file')));

  test('reaches the dispatcher', () => {
    const { host } = new URL(/url: (http:\S+)/.exec(text)?.[1] ?? '');
    expectReachable('alertmanager', host);
  });

  test('is given the secrets that it reads, and no other', () => {
    const read = [...text.matchAll(/_file: \/run\/secrets\/(\w+)/g)].map(([, name]) => name);
    expect(secretsOf(composed('alertmanager')).sort()).toEqual(read.sort());
  });
});

describe('the exporters', () => {
  test('look at the engines of this file', () => {
    const { DATA_SOURCE_URI = '' } = environmentOf(composed('postgres-exporter'));
    const { REDIS_ADDR = '' } = environmentOf(composed('redis-exporter'));
    const hosts = [`postgres://${DATA_SOURCE_URI}`, REDIS_ADDR].map((url) => new URL(url).hostname);
    for (const host of hosts) expect(composed(host).networks).toEqual(['data']);
  });
});

describe('Grafana', () => {
  const provisioned = (kind: string): string =>
    readText(inClone('grafana', `/etc/grafana/provisioning/${kind}/${kind}.yml`));

  test('reaches its data sources, but for the logs, which are shipped elsewhere', () => {
    const { datasources } = parse(provisioned('datasources')) as {
      datasources: { name: string; url: string }[];
    };
    for (const { url } of datasources.filter(({ name }) => name !== 'Loki'))
      expectReachable('grafana', new URL(url).host);
  });

  test('finds the dashboards', () => {
    const { providers } = parse(provisioned('dashboards')) as { providers: { options: { path: string } }[] };
    expect(providers.map(({ options }) => inClone('grafana', options.path))).toEqual([
      'deploy/grafana/dashboards',
    ]);
  });
});
