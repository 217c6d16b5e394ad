import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert } from '@swfx/alerts';
import { messageTemplates } from './message-templates';
import type { IncidentNotification } from './notification';
import { slackMessage } from './slack-message';

const notification = (kind: Alert['kind'], act: IncidentNotification['act']): IncidentNotification => ({
  form: 'incident',
  act,
  incidentId: '01979000-0000-7000-8000-000000000002',
  lateSeconds: 0,
  story: {
    reports: 3,
    tally: { [`api-gateway ${kind}`]: 3 },
    openedAt: new Date('2025-06-22T14:30:00Z'),
    endedAt: act === 'firing' ? null : new Date('2025-06-22T14:42:30Z'),
    end: undefined,
    alert: {
      id: '01979000-0000-7000-8000-000000000001',
      incident: 'incident:key',
      kind,
      severity: 'warning',
      title: 'What happened',
      error: 'why it did',
      context: { database: 'platform' },
      service: 'api-gateway',
      env: 'production',
      traceId: 'trace',
      occurredAt: '2025-06-22T14:30:00Z',
    },
  },
});

const kinds = [...Object.keys(messageTemplates), 'external'] as Alert['kind'][];

test.each(kinds)('the runbook of %s is there', (kind) => {
  const page = messageTemplates[kind]?.runbook;
  const folder = join(__dirname, '../../../../docs/runbooks');
  expect(page === undefined || existsSync(join(folder, `${page}.md`))).toBe(true);
});

describe.each(kinds)('a message about %s', (kind) => {
  it.each(['firing', 'resolved', 'expired'] as const)('reads as ever when it is %s', (act) => {
    const links = { runbooks: 'https://runbooks.example/' };
    expect(slackMessage(notification(kind, act), 'plain', links).text).toMatchSnapshot();
  });
});

it('links to a runbook only where the configuration knows its address', () => {
  const given = notification('external', 'firing');
  given.story.alert.context = { runbook_url: 'https://runbooks.example.evil/page' };
  const links = { runbooks: 'https://runbooks.example/' };
  expect(slackMessage(given, 'blocks', links).blocks?.some(({ type }) => type === 'actions')).toBe(false);
  given.story.alert.context = { runbook_url: 'https://runbooks.example/page' };
  expect(slackMessage(given, 'blocks', links).blocks).toContainEqual({
    type: 'actions',
    elements: [expect.objectContaining({ url: 'https://runbooks.example/page' })],
  });
});

it('says nothing twice: neither a link as a field, nor what a rule is about as its end', () => {
  const context = {
    job: 'redis',
    query: 'http://prometheus/graph',
    runbook_url: 'https://runbooks.example/page',
  };
  const firing = notification('external', 'firing');
  firing.story.alert.context = context;
  const links = { runbooks: 'https://runbooks.example/' };
  const { text } = slackMessage(firing, 'plain', links);
  expect(text).toContain('job: redis');
  expect(text).not.toMatch(/query|runbook_url/);
  expect(slackMessage(firing, 'plain', {}).text).toContain('runbook_url: https://runbooks.example/page');

  const ended = notification('external', 'resolved');
  ended.story.end = { title: ended.story.alert.title, service: 'prometheus' };
  expect(slackMessage(ended, 'plain', links).text).toContain('Ended: It is over');
});

it('links to the page of an incident where its address is configured', () => {
  const links = { page: 'https://ops.example/incidents/{incident}' };
  for (const act of ['firing', 'resolved'] as const)
    expect(slackMessage(notification('external', act), 'plain', links).text).toContain(
      'Incident: https://ops.example/incidents/01979000-0000-7000-8000-000000000002',
    );
});
