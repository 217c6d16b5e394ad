import type { Alert } from '@swfx/alerts';
import fc from 'fast-check';
import type { IncidentStory } from './message-rows';
import type { IncidentNotification } from './notification';
import { slackMessage } from './slack-message';

const alert: Alert = {
  id: '01979000-0000-7000-8000-000000000001',
  incident: 'backup:platform',
  kind: 'backup_failed',
  severity: 'critical',
  title: 'Database backup failed',
  error: 'pg_dump: error: connection refused',
  context: { database: 'platform', backup_id: 'b-1' },
  service: 'backup-service',
  env: 'production',
  traceId: 'trace',
  occurredAt: '2025-06-22T16:30:00.987+02:00',
};

const story: IncidentStory = {
  reports: 1,
  tally: {},
  openedAt: new Date('2025-06-22T14:30:00.987Z'),
  endedAt: null,
  alert,
  end: undefined,
};
const notice = (changes: Partial<Alert> = {}): IncidentNotification => ({
  form: 'incident',
  act: 'firing',
  incidentId: 'incident-1',
  story: { ...story, alert: { ...alert, ...changes } },
  lateSeconds: 0,
});

describe('slackMessage', () => {
  it('begins with the published three lines, then severity and context', () => {
    const { text, blocks } = slackMessage(notice(), 'blocks');
    const headline = [
      '🚨 [PRODUCTION] Database backup failed',
      'Error: pg_dump: error: connection refused',
      'Timestamp: 2025-06-22T14:30:00Z',
    ].join('\n');
    expect(text).toBe(
      [
        headline,
        'Severity: critical',
        'Service: backup-service',
        'database: platform',
        'backup_id: b-1',
        'Next: npx swfx backup list',
        'Alert 01979000-0000-7000-8000-000000000001 · backup:platform',
      ].join('\n'),
    );
    expect(blocks?.[0]).toEqual({
      type: 'section',
      text: { type: 'plain_text', text: headline, emoji: false },
    });
    expect(blocks).toHaveLength(3);
  });

  it('has no blocks as plain text', () => {
    expect(slackMessage(notice(), 'plain')).toMatchObject({ mrkdwn: false, parse: 'none' });
    expect(slackMessage(notice(), 'plain').blocks).toBeUndefined();
  });

  it('keeps three lines three lines, whatever the text', () => {
    const forged = {
      ...alert,
      title: 'a\r\nError: forged',
      error: 'b\u2028Timestamp: 1999\u202egnp.exe\u0000\u001b[2J',
    };
    const [title, error, timestamp] = slackMessage(notice(forged), 'plain').text.split('\n');
    expect(title).toBe('🚨 [PRODUCTION] a Error: forged');
    expect(error).toBe('Error: b Timestamp: 1999gnp.exe [2J');
    expect(timestamp).toBe('Timestamp: 2025-06-22T14:30:00Z');
  });

  it('escapes what could mention or link, and counts the entities', () => {
    const { text } = slackMessage(notice({ error: '<!channel> <https://x|y> &amp; `code`' }), 'plain');
    expect(text.split('\n')[1]).toBe('Error: &lt;!channel&gt; &lt;https://x|y&gt; &amp;amp; `code`');
    const long = slackMessage(notice({ error: '<'.repeat(50_000) }), 'plain').text.split('\n')[1] ?? '';
    expect(long).toMatch(/^Error: (&lt;){499}…$/);
  });

  it('links to nothing but an address under the runbooks', () => {
    const links = { runbooks: 'https://runbooks.example/ops/' };
    const written = (url: string) => slackMessage(notice({ context: { runbook_url: url } }), 'blocks', links);
    const hostile = written('https://runbooks.example/ops/a#<!channel>\nError: forged\u202e');
    expect(hostile.text).toContain(
      'Runbook: https://runbooks.example/ops/a#%3C!channel%3EError:%20forged%E2%80%AE\n',
    );
    expect(JSON.stringify(written('https://runbooks.example/ops/../x').blocks)).not.toContain('"url"');
    const long = written(`https://runbooks.example/ops/${'a'.repeat(3_000)}`);
    expect(JSON.stringify(long.blocks)).not.toContain('"url"');
  });

  it('says how many context fields it leaves out', () => {
    const context = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`name${index}`, 'value']));
    expect(slackMessage(notice({ context }), 'plain').text).toContain('… and 33 more');
  });

  it('stays inside Slack’s limits for any text at all', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3_000 });
    const hostile = fc.oneof(
      text,
      fc
        .tuple(
          fc.constantFrom('<', '&', '💣', '\n', '\u202e', 'a\u0301', '\ud800'),
          fc.integer({ min: 0, max: 6_000 }),
        )
        .map(([character, times]) => character.repeat(times)),
    );
    const fields = fc.record({
      title: hostile,
      error: hostile,
      incident: hostile,
      service: hostile,
      env: hostile,
      context: fc.dictionary(hostile, hostile, { maxKeys: 12 }),
    });
    fc.assert(
      fc.property(fields, (changes) => {
        const message = slackMessage(notice(changes), 'blocks');
        expect(Array.from(message.text).length).toBeLessThan(40_000);
        for (const block of message.blocks ?? []) {
          if (block.type === 'section' && 'text' in block)
            expect(Array.from(block.text.text).length).toBeLessThanOrEqual(3_000);
          if ('fields' in block) {
            expect(block.fields.length).toBeLessThanOrEqual(10);
            for (const field of block.fields)
              expect(Array.from(field.text).length).toBeLessThanOrEqual(2_000);
          }
        }
        expect(message.text.replace(/&(amp|lt|gt);/g, '')).not.toMatch(/[<>&]/);
      }),
      { numRuns: 60 },
    );
  });
});
