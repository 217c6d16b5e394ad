import { createSlackStandIn, type SlackStandIn } from './create-slack-stand-in';

describe('the Slack stand-in', () => {
  let slack: SlackStandIn;
  const printed: string[] = [];
  beforeAll(async () => {
    slack = await createSlackStandIn({ port: 0, print: (block) => printed.push(block) });
  });
  afterEach(async () => {
    slack.clear();
    await setBehaviour({ next: [], rateLimit: null });
  });
  afterAll(() => slack.stop());

  const post = async (payload: unknown, url = slack.webhookUrl) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payload),
    });
    const { status, headers } = response;
    return { status, body: await response.text(), type: headers.get('content-type'), headers };
  };
  const setBehaviour = (behaviour: unknown) =>
    fetch(`${slack.address}/behaviour`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(behaviour),
    });

  it('answers ok in plain text and shows the message everywhere', async () => {
    expect(await post({ text: '🚨 [TEST] *Backup failed*' })).toMatchObject({
      status: 200,
      body: 'ok',
      type: 'text/plain; charset=utf-8',
    });
    expect(slack.messages()).toMatchObject([{ text: '🚨 [TEST] Backup failed', mentions: [] }]);
    expect(printed.join('\n')).toContain('│ 🚨 [TEST] Backup failed');
    const { id } = slack.messages()[0]!;
    expect(await (await fetch(`${slack.address}/messages?since=${id - 1}`)).json()).toMatchObject([{ id }]);
    expect(await (await fetch(`${slack.address}/messages?since=${id}`)).json()).toEqual([]);
    expect(await (await fetch(slack.address)).text()).toContain('<b>Backup failed</b>');
    await fetch(`${slack.address}/messages`, { method: 'DELETE' });
    expect(slack.messages()).toEqual([]);
  });

  it('refuses what Slack refuses, and says why in a header', async () => {
    const refused = await post({ text: 'x', blocks: [{ type: 'header' }] });
    expect(refused).toMatchObject({ status: 400, body: 'invalid_blocks', type: 'text/plain; charset=utf-8' });
    expect(decodeURIComponent(refused.headers.get('x-stand-in-detail')!)).toContain('blocks[0].text');
    expect(await post({})).toMatchObject({ status: 400, body: 'no_text' });
    expect(await post({ text: 'x'.repeat(3_000_000) })).toMatchObject({
      status: 400,
      body: 'invalid_payload',
    });
    expect(slack.messages()).toEqual([]);
  });

  it('knows only its own webhook', async () => {
    const { address, webhookUrl } = slack;
    expect(await post({ text: 'x' }, `${webhookUrl}x`)).toMatchObject({ status: 403, body: 'invalid_token' });
    expect(await post({ text: 'x' }, webhookUrl.replace('B000', 'B001'))).toMatchObject({ status: 404 });
    expect(await post({ text: 'x' }, `${address}/elsewhere`)).toMatchObject({
      status: 404,
      body: 'no_service',
    });
  });

  it('gives the scripted answers in their order and then its own', async () => {
    await setBehaviour({
      next: [{ status: 429, retryAfter: 2 }, { status: 500, times: 2 }, { status: 410 }],
    });
    const limited = await post({ text: 'x' });
    expect(limited.headers.get('retry-after')).toBe('2');
    expect(JSON.parse(limited.body)).toEqual({ ok: false, error: 'rate_limited', retry_after: 2 });
    for (const status of [500, 500, 410, 200]) expect((await post({ text: 'x' })).status).toBe(status);
    expect(slack.attempts().map(({ outcome }) => outcome)).toEqual([429, 500, 500, 410, 200]);
    expect(slack.messages()).toHaveLength(1);
  });

  it('resets, hangs, and loses the answer to a message that it took', async () => {
    slack.respondWith({ reset: true }, { hangMs: 20 }, { loseAnswer: true });
    for (let call = 1; call <= 3; call++) await expect(post({ text: `call ${call}` })).rejects.toThrow();
    expect(slack.attempts().map(({ outcome }) => outcome)).toEqual(['reset', 'hung', 'answer lost']);
    expect(slack.messages().map(({ text }) => text)).toEqual(['call 3']);
  });

  it('limits the rate when it is told to', async () => {
    await setBehaviour({ rateLimit: { perSecond: 0.001, burst: 2 } });
    const answers = [await post({ text: '1' }), await post({ text: '2' }), await post({ text: '3' })];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]!.headers.get('retry-after')).toBe('1000');
    expect(answers[2]!.type).toContain('application/json');
  });

  const call = async (method: string, body: object, token = 'local-stack-bot') => {
    const response = await fetch(`${slack.api.url}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ channel: slack.api.channel, ...body }),
    });
    const answer = (await response.json()) as { ok: boolean; error?: string; ts: string };
    return { status: response.status, retryAfter: response.headers.get('retry-after'), ...answer };
  };

  it('posts, edits and answers in threads by the Web API', async () => {
    const { ts, ...posted } = await call('chat.postMessage', { text: 'Backup failed' });
    expect(posted).toMatchObject({ status: 200, ok: true, channel: 'C0PLATFORM' });
    expect(await call('chat.postMessage', { text: 'details', thread_ts: ts })).toMatchObject({ ok: true });
    expect(await call('chat.update', { text: 'Backup works again', ts })).toMatchObject({ ok: true, ts });
    expect(slack.messages()).toMatchObject([
      { ts, text: 'Backup works again', editedAt: expect.any(String), thread: null },
      { text: 'details', thread: ts, editedAt: null },
    ]);
    expect(await (await fetch(slack.address)).text()).toMatch(/in a thread[^]*details/);
  });

  it('knows only its own bot', async () => {
    expect(await call('chat.postMessage', { text: 'x' }, 'another')).toMatchObject({ error: 'invalid_auth' });
    expect(slack.messages()).toEqual([]);
  });

  it.each([
    ['channel_not_found', 'chat.postMessage', { text: 'x', channel: '#other' }],
    ['no_text', 'chat.postMessage', {}],
    ['invalid_blocks', 'chat.postMessage', { blocks: [{ type: 'header' }] }],
    ['thread_not_found', 'chat.postMessage', { text: 'x', thread_ts: '1.1' }],
    ['message_not_found', 'chat.update', { text: 'x', ts: '1.1' }],
  ])('says %s with status 200', async (error, method, body) => {
    expect(await call(method, body)).toMatchObject({ status: 200, ok: false, error });
    expect(slack.messages()).toEqual([]);
  });

  it('limits posts and scripts errors by the Web API too, and lets edits pass', async () => {
    await setBehaviour({ next: [{ error: 'fatal_error' }], rateLimit: { perSecond: 0.001, burst: 3 } });
    expect(await call('chat.postMessage', { text: 'x' })).toMatchObject({ ok: false, error: 'fatal_error' });
    const { ts } = await call('chat.postMessage', { text: 'x' });
    expect(await call('chat.postMessage', { text: 'x' })).toMatchObject({
      status: 429,
      error: 'ratelimited',
      retryAfter: expect.stringMatching(/^\d+$/),
    });
    expect(await call('chat.update', { text: 'y', ts })).toMatchObject({ ok: true });
  });

  it('refuses a behaviour that it does not understand', async () => {
    const response = await setBehaviour({ next: [{ status: 'broken' }] });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('next must be a list');
  });

  it('stops although a call is hanging', async () => {
    const other = await createSlackStandIn({ port: 0, behaviour: { next: [{ hangMs: 600_000 }] } });
    const call = post({ text: 'x' }, other.webhookUrl);
    const failed = expect(call).rejects.toThrow();
    while (other.attempts().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await other.stop();
    await failed;
  });
});
