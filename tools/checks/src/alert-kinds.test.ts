import { alertKinds, type AlertKind } from '@swfx/alerts';
import { loadSource } from './load-source';
import { isThere, readText, repositoryFiles } from './repository';

const { messageTemplates } = loadSource<{
  messageTemplates: Partial<Record<AlertKind, { next?: string; runbook?: string }>>;
}>('apps/alert-dispatcher/src/deliver/message-templates.ts');

/** There is nothing to look up: a deployment, proofs of delivery, and what brings its own link along. */
const withoutRunbook: AlertKind[] = ['service_started', 'service_stopped', 'heartbeat', 'test', 'external'];

test.each(alertKinds.filter((kind) => !withoutRunbook.includes(kind)))(
  'an alert of the kind %s says what to do first, and leads to a runbook that is there',
  (kind) => {
    const { next, runbook } = messageTemplates[kind] ?? {};
    expect({ next, page: isThere(`docs/runbooks/${runbook}.md`) }).toEqual({
      next: expect.stringMatching(/npx swfx \w+/),
      page: true,
    });
  },
);

test('the document of monitoring has every kind that services raise', () => {
  const text = readText('docs/monitoring-and-alerting.md');
  const raised = alertKinds.filter((kind) => !['heartbeat', 'test', 'external'].includes(kind));
  expect(raised.filter((kind) => !text.includes(`\`${kind}\``))).toEqual([]);
});

const sources = repositoryFiles().filter((path) => /^apps\/.*\.ts$/.test(path) && !path.endsWith('.test.ts'));

/** `backup:{{ $labels.database }}` of a rule is `backup:${…}` where a service raises it. */
function raisedAs(incident: string): RegExp {
  const parts = incident.split(/\{\{ \$labels\.\w+ \}\}/).map((part) => part.replace(/[-:]/g, '\\$&'));
  return new RegExp(`['\`]${parts.join('\\$\\{[^}]+\\}')}['\`]`);
}

test('an incident that a rule names is one that a service raises', () => {
  const rules = repositoryFiles().filter((path) => path.startsWith('deploy/prometheus/rules/'));
  const incidents = rules.flatMap((path) =>
    [...readText(path).matchAll(/^ +incident: '?(.+?)'?$/gm)].map(([, incident]) => incident ?? ''),
  );
  expect(incidents.length).toBeGreaterThan(5);
  const texts = sources.map(readText);
  expect(incidents.filter((incident) => !texts.some((text) => raisedAs(incident).test(text)))).toEqual([]);
});
