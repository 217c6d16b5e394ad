import { createChannel } from './channel';
import { renderPage } from './channel-page';
import { formatMessage } from './format-message';

const at = Date.UTC(2025, 5, 22, 14, 30);
const create = (limit = 500) => createChannel(limit, () => at);

describe('the channel', () => {
  it('shows blocks in place of the text, and attachments after them', () => {
    const message = create().post(
      {
        text: 'fallback',
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: '🚨 [TEST] Backup failed' } },
          { type: 'section', fields: [{ type: 'mrkdwn', text: '*Severity:* critical' }] },
          { type: 'divider' },
          {
            type: 'actions',
            elements: [
              { type: 'button', text: { type: 'plain_text', text: 'Runbook' }, url: 'https://a.test/' },
            ],
          },
        ],
        attachments: [{ color: 'danger', fields: [{ title: 'Database', value: 'platform' }] }],
      },
      false,
    );
    expect(message.text.split('\n')).toEqual([
      '🚨 [TEST] Backup failed',
      'Severity: critical',
      '────────',
      '[Runbook] https://a.test/',
      'Database',
      'platform',
    ]);
  });

  it.each([
    ['an unescaped label', { text: 'Database <!channel> failed' }, ['@channel']],
    ['the fallback under harmless blocks', { text: '<!here>', blocks: [{ type: 'divider' }] }, ['@here']],
    ['link_names', { text: '@everyone', link_names: true }, ['@everyone']],
    ['a field of an attachment', { attachments: [{ fields: [{ title: 'x', value: '<@U1>' }] }] }, ['@U1']],
    ['an escaped label', { text: 'Database &lt;!channel&gt; failed, @channel' }, []],
    ['plain text', { blocks: [{ type: 'header', text: { type: 'plain_text', text: '<!channel>' } }] }, []],
  ])('tells whom %s calls', (_case, payload, mentions) => {
    expect(create().post(payload, false).mentions).toEqual(mentions);
  });

  it('keeps the newest messages only, under rising ids', () => {
    const channel = create(2);
    for (const text of ['one', 'two', 'three']) channel.post({ text }, false);
    expect(channel.messages().map(({ id, text }) => [id, text])).toEqual([
      [2, 'two'],
      [3, 'three'],
    ]);
    channel.clear();
    expect(channel.post({ text: 'four' }, false).id).toBe(4);
    expect(channel.messages(3)).toHaveLength(1);
  });
});

describe('the page', () => {
  it('escapes whatever a message contains', () => {
    const channel = create();
    const hostile = `<img src=x onerror=alert(1)> "' &lt;script&gt;`;
    channel.post({ text: `${hostile} <https://a.test/"onmouseover="alert(1)|click>` }, false);
    channel.post({ attachments: [{ color: 'red"><script>', text: hostile }] }, false);
    const page = renderPage(channel.messages()).split('<main>')[1]!.split('</main>')[0]!;
    expect(page).not.toMatch(/<(img|script)/);
    expect(page).not.toMatch(/"onmouseover/);
    expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;');
  });
});

describe('formatMessage', () => {
  it('shows control characters and does not send them to the terminal', () => {
    const message = create().post({ text: 'a\u001b[2Jb\nsecond <!channel>' }, false);
    expect(formatMessage(message).split('\n')).toEqual([
      '┌ Slack 2025-06-22T14:30:00.000Z',
      '│ a\\x1b[2Jb',
      '│ second @channel',
      '└ calls @channel',
    ]);
  });
});
