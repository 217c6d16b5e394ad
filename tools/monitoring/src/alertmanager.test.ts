import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { readRules } from './read-rules';
import { inRepository } from './repository';

const text = readFileSync(inRepository('deploy/alertmanager/alertmanager.yml'), 'utf8');
const alerts = readRules().alerts.map(({ alert }) => alert);
const patterns = [...text.matchAll(/alertname =~? "?([\w.*|]+)"?/g)].flatMap(([, names]) =>
  (names ?? '').split('|'),
);

it.each([...new Set(patterns)])('the configuration names %s, which is an alert', (pattern) => {
  expect(alerts.some((alert) => new RegExp(`^${pattern}$`).test(alert))).toBe(true);
});

it('sends to the dispatcher everything of a group, also that it is over', () => {
  const { receivers } = parse(text) as { receivers: { name: string; webhook_configs?: object[] }[] };
  expect(receivers.find(({ name }) => name === 'dispatcher')?.webhook_configs).toMatchObject([
    { send_resolved: true, max_alerts: 0 },
  ]);
});
