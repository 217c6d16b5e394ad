import { Secret } from '@swfx/config';
import { startHttpStandIn, type HttpStandIn } from '@swfx/testkit';
import { exampleAlert } from '../start-test-dispatcher';
import type { IncidentNotification } from './notification';
import { createSlackChannel } from './slack-channel';

describe('a channel of Slack’s Web API', () => {
  let api: HttpStandIn;
  let answer: { status?: number; body: object; headers?: Record<string, string> };

  beforeAll(async () => {
    api = await startHttpStandIn(() => answer);
  });
  beforeEach(() => {
    api.requests.length = 0;
    answer = { body: { ok: true, channel: 'C1', ts: '17.5' } };
  });
  afterAll(() => api.stop());

  const channel = () =>
    createSlackChannel({
      name: 'slack',
      token: new Secret('canary-bot-token'),
      channel: '#ops',
      apiUrl: api.url,
      timeoutMs: 5_000,
      links: {},
    });
  const notification = (act: IncidentNotification['act']): IncidentNotification => ({
    form: 'incident',
    act,
    incidentId: 'incident-1',
    lateSeconds: 0,
    story: {
      reports: 1,
      tally: {},
      openedAt: new Date('2025-06-22T14:30:00Z'),
      endedAt: new Date('2025-06-22T14:40:00Z'),
      alert: exampleAlert(),
      end: undefined,
    },
  });
  const tell = (act: IncidentNotification['act'], thread: string | null = null) =>
    channel().tell(notification(act), { format: 'blocks', thread, signal: new AbortController().signal });

  it('posts with the bot’s token, and remembers where the message is', async () => {
    expect(await tell('firing')).toEqual({ outcome: 'delivered', thread: 'C1:17.5' });
    expect(api.requests[0]).toMatchObject({ method: 'POST', path: '/chat.postMessage' });
    expect(api.requests[0]?.headers.authorization).toBe('Bearer canary-bot-token');
    expect(api.requests[0]?.json()).toMatchObject({ channel: '#ops', mrkdwn: false });
  });

  it('edits the message that it ends, and says more in its thread', async () => {
    expect(await tell('resolved', 'C1:17.5')).toEqual({ outcome: 'delivered', thread: 'C1:17.5' });
    expect(api.requests.map(({ path }) => path)).toEqual(['/chat.update', '/chat.postMessage']);
    expect(api.requests[0]?.json()).toMatchObject({
      channel: 'C1',
      ts: '17.5',
      text: expect.stringMatching(/^✅/),
    });
    expect(api.requests[1]?.json()).toMatchObject({ channel: 'C1', thread_ts: '17.5' });
  });

  it('tells of what goes on in the thread, and in the channel too', async () => {
    await tell('firing', 'C1:17.5');
    expect(api.requests[0]?.json()).toMatchObject({ thread_ts: '17.5', reply_broadcast: true });
  });

  it.each([
    [
      { ok: false, error: 'channel_not_found' },
      { outcome: 'refused', reason: 'rejected' },
    ],
    [
      { ok: false, error: 'invalid_auth' },
      { outcome: 'refused', reason: 'rejected' },
    ],
    [
      { ok: false, error: 'invalid_blocks' },
      { outcome: 'refused', reason: 'payload' },
    ],
    [
      { ok: false, error: 'internal_error' },
      { outcome: 'retry', reason: 'server_error' },
    ],
    [{ ok: false, error: 'ratelimited' }, { outcome: 'rate_limited' }],
    [{ unknown: true }, { outcome: 'refused', reason: 'rejected' }],
  ])('reads %j, which comes with status 200', async (body, verdict) => {
    answer = { body };
    expect(await tell('firing')).toMatchObject(verdict);
  });
});
