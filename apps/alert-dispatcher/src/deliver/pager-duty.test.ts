import { exampleAlert } from '../start-test-dispatcher';
import type { IncidentNotification } from './notification';
import { pagerDutyEvent } from './pager-duty';

const page = (changes: Parameters<typeof exampleAlert>[0]): IncidentNotification => ({
  form: 'incident',
  act: 'firing',
  incidentId: 'incident-1',
  lateSeconds: 0,
  story: {
    reports: 1,
    tally: {},
    openedAt: new Date(0),
    endedAt: null,
    alert: exampleAlert(changes),
    end: undefined,
  },
});

describe('pagerDutyEvent', () => {
  it('stays below the size that PagerDuty takes, whatever an alert brings along', () => {
    const names = Array.from({ length: 200 }, (_, index) => `name ${index}`);
    const context = Object.fromEntries(names.map((name) => [name, '💣'.repeat(5_000)]));
    const text = JSON.stringify(pagerDutyEvent(page({ error: '💣'.repeat(50_000), context })));
    expect(Buffer.byteLength(text)).toBeLessThan(512_000);
    expect(text).toContain('…');
  });

  it('pages without details where those were refused', () => {
    expect(pagerDutyEvent(page({}), 'plain')).toMatchObject({
      event_action: 'trigger',
      payload: { summary: '[TEST] Database backup failed', custom_details: {} },
    });
  });
});
