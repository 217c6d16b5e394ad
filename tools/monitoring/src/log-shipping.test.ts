import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { inRepository } from './repository';

const text = (path: string): string => readFileSync(inRepository(`deploy/${path}`), 'utf8');
const json = <T>(path: string): T => JSON.parse(text(path)) as T;

describe('retention is 90 days for the audit log and 30 for the others', () => {
  it('in Loki, which deletes at all only with its compactor', () => {
    const loki = parse(text('loki/loki.yml')) as {
      limits_config: { retention_period: string; retention_stream: object[] };
      compactor: { retention_enabled: boolean };
    };
    expect(loki.limits_config.retention_period).toBe(`${30 * 24}h`);
    expect(loki.limits_config.retention_stream).toEqual([
      { selector: '{logger="audit"}', priority: 1, period: `${90 * 24}h` },
    ]);
    expect(loki.compactor.retention_enabled).toBe(true);
  });

  it.each([
    ['audit', '90d'],
    ['app', '30d'],
  ])('in Elasticsearch, for %s by the policy that its template names', (kind, age) => {
    const { policy } = json<{ policy: { phases: { delete: { min_age: string } } } }>(
      `elasticsearch/ilm-${kind}.json`,
    );
    expect(policy.phases.delete.min_age).toBe(age);
    const template = json<{ index_patterns: string[]; template: { settings: object } }>(
      `elasticsearch/index-template-${kind}.json`,
    );
    expect(template.index_patterns).toEqual([`smartwalletfx-${kind}-*`]);
    expect(template.template.settings).toEqual({ 'index.lifecycle.name': `smartwalletfx-${kind}` });
  });
});

describe('what ships the logs', () => {
  it('labels them in Loki by what the panels select, and by no id', () => {
    const alloy = text('loki/config.alloy');
    expect(/stage\.labels \{\s*values = \{ (.*) \}/.exec(alloy)?.[1]).toBe(
      'env = "", service = "", level = ""',
    );
    expect([...alloy.matchAll(/"logger" = "(\w+)"/g)].map(([, logger]) => logger)).toEqual([
      'audit',
      'app',
      'access',
    ]);
    expect(alloy.split('{').length).toBe(alloy.split('}').length);
  });

  it('takes the same two streams to Elasticsearch', () => {
    const filebeat = parse(text('elasticsearch/filebeat.yml')) as {
      'filebeat.inputs': { paths: string[]; fields: { stream: string } }[];
    };
    const streams = filebeat['filebeat.inputs'].map(({ fields, paths }) => [fields.stream, paths]);
    expect(streams).toEqual([
      ['audit', ['/var/log/audit.log']],
      ['app', ['/var/log/services/*.log']],
    ]);
  });
});

it('the collector of traces names only what it defines', () => {
  const collector = parse(text('otel/collector.yml')) as Record<string, Record<string, unknown>> & {
    service: { extensions: string[]; pipelines: Record<string, Record<string, string[]>> };
  };
  for (const pipeline of Object.values(collector.service.pipelines))
    for (const [kind, names] of Object.entries(pipeline))
      expect(Object.keys(collector[kind] ?? {})).toEqual(expect.arrayContaining(names));
  expect(Object.keys(collector['extensions'] ?? {})).toEqual(collector.service.extensions);
});
