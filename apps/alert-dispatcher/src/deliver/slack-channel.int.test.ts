import { Secret } from '@swfx/config';
import { createSlackStandIn, type ScriptedAnswer, type SlackStandIn } from '@swfx/slack-stand-in';
import { exampleAlert } from '../start-test-dispatcher';
import type { IncidentNotification } from './notification';
import { createSlackChannel } from './slack-channel';

const token = 'canary-bot-token';

describe('a channel of Slack’s Web API', () => {
  let slack: SlackStandIn;

  beforeAll(async () => {
    slack = await createSlackStandIn({ port: 0, token });
  });
  beforeEach(() => slack.clear());
  afterAll(() => slack.stop());

  const channel = (changes: { token?: string; channel?: string; timeoutMs?: number } = {}) =>
    createSlackChannel({
      name: 'slack',
      token: new Secret(changes.token ?? token),
      channel: changes.channel ?? slack.api.channel,
      apiUrl: slack.api.url,
      timeoutMs: changes.timeoutMs ?? 5_000,
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

  const begin = async () => {
    const verdict = await tell('firing');
    if (verdict.outcome !== 'delivered' || !verdict.thread) throw new Error('it was not delivered');
    return verdict.thread;
  };
  const methods = () => slack.attempts().map(({ method }) => method);

  it('posts with the bot’s token, and remembers where the message is', async () => {
    const thread = await begin();
    const [message] = slack.messages();
    expect(thread).toBe(`C0PLATFORM:${message?.ts}`);
    expect(message).toMatchObject({ text: expect.stringMatching(/^🚨/), thread: null, editedAt: null });
  });

  it('edits the message that it ends, and says more in its thread', async () => {
    const thread = await begin();
    expect(await tell('resolved', thread)).toEqual({ outcome: 'delivered', thread });
    expect(methods()).toEqual(['chat.postMessage', 'chat.update', 'chat.postMessage']);
    const [original, details] = slack.messages();
    expect(original).toMatchObject({ text: expect.stringMatching(/^✅/), editedAt: expect.any(String) });
    expect(details).toMatchObject({ thread: original?.ts, text: expect.stringContaining('Lasted: 10 min') });
  });

  it('tells of what goes on in the thread, and in the channel too', async () => {
    const thread = await begin();
    expect(await tell('firing', thread)).toEqual({ outcome: 'delivered', thread });
    const [original, reply] = slack.messages();
    expect(reply).toMatchObject({ thread: original?.ts, payload: { reply_broadcast: true } });
  });

  it('tells of an end anew where the message to be edited is gone', async () => {
    const thread = await begin();
    slack.clear();
    expect(await tell('resolved', thread)).toMatchObject({ outcome: 'delivered' });
    expect(slack.messages()).toMatchObject([{ text: expect.stringMatching(/^✅/), thread: null }]);
  });

  it('tells anew of what goes on where the message to be replied to is gone, and replies to that then', async () => {
    const thread = await begin();
    slack.clear();
    const verdict = await tell('firing', thread);
    const [message] = slack.messages();
    expect(message).toMatchObject({ text: expect.stringMatching(/^🚨/), thread: null });
    expect(verdict).toEqual({ outcome: 'delivered', thread: `C0PLATFORM:${message?.ts}` });
  });

  it('takes no longer for several calls than for one', async () => {
    const thread = await begin();
    slack.respondWith({ error: 'message_not_found' }, { hangMs: 60_000 });
    const quick = channel({ timeoutMs: 500 });
    const verdict = await quick.tell(notification('resolved'), {
      format: 'blocks',
      thread,
      signal: new AbortController().signal,
    });
    expect(verdict).toMatchObject({ outcome: 'retry', reason: 'timeout' });
    expect(Number(/ in ([\d.]+) s/.exec('detail' in verdict ? verdict.detail : '')?.[1])).toBeLessThan(0.5);
  });

  it('waits for as long as Slack asks', async () => {
    slack.respondWith({ status: 429, retryAfter: 7 });
    expect(await tell('firing')).toMatchObject({ outcome: 'rate_limited', afterSeconds: 7 });
  });

  it('knows a token and a channel that Slack does not', async () => {
    const options = { format: 'blocks', thread: null, signal: new AbortController().signal } as const;
    const refused = { outcome: 'refused', reason: 'rejected' };
    expect(await channel({ token: 'another' }).tell(notification('firing'), options)).toMatchObject(refused);
    expect(await channel({ channel: '#other' }).tell(notification('firing'), options)).toMatchObject(refused);
  });

  it.each<[ScriptedAnswer, object]>([
    [{ error: 'channel_not_found' }, { outcome: 'refused', reason: 'rejected' }],
    [{ error: 'is_archived' }, { outcome: 'refused', reason: 'rejected' }],
    [{ error: 'invalid_blocks' }, { outcome: 'refused', reason: 'payload' }],
    [{ error: 'internal_error' }, { outcome: 'retry', reason: 'server_error' }],
    [{ error: 'ratelimited' }, { outcome: 'rate_limited' }],
    [
      { status: 503, body: 'a proxy' },
      { outcome: 'retry', reason: 'server_error' },
    ],
    [
      { status: 200, body: '{"unknown":true}' },
      { outcome: 'refused', reason: 'rejected' },
    ],
    [{ reset: true }, { outcome: 'retry', reason: 'network' }],
  ])('reads %j', async (answer, verdict) => {
    slack.respondWith(answer);
    expect(await tell('firing')).toMatchObject(verdict);
  });
});
