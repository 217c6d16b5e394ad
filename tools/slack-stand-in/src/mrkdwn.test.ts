import { parseMrkdwn } from './mrkdwn';

describe('parseMrkdwn', () => {
  it.each([
    ['<!channel>', [{ kind: 'mention', text: '@channel' }]],
    ['<!here|here>', [{ kind: 'mention', text: '@here' }]],
    ['<@U123>', [{ kind: 'mention', text: '@U123' }]],
    ['<!subteam^S1|ops>', [{ kind: 'mention', text: '@ops' }]],
    [
      '`<!everyone>`',
      [
        { kind: 'text', text: '`' },
        { kind: 'mention', text: '@everyone' },
        { kind: 'text', text: '`' },
      ],
    ],
    ['<#C1|general>', [{ kind: 'text', text: '#general' }]],
    ['<!date^0^{_}|*>', [{ kind: 'text', text: '*' }]],
  ])('reads %s as Slack would', (source, spans) => {
    expect(parseMrkdwn(source)).toEqual(spans);
  });

  it('calls nobody when the brackets are escaped', () => {
    expect(parseMrkdwn('&lt;!channel&gt; &amp;lt;')).toEqual([{ kind: 'text', text: '<!channel> &lt;' }]);
  });

  it('reads links with and without a label, and bare ones', () => {
    expect(parseMrkdwn('<https://a.test/?x=1&amp;y=2|Runbook> https://b.test/x.')).toEqual([
      { kind: 'link', text: 'Runbook', url: 'https://a.test/?x=1&y=2' },
      { kind: 'text', text: ' ' },
      { kind: 'link', text: 'https://b.test/x', url: 'https://b.test/x' },
      { kind: 'text', text: '.' },
    ]);
  });

  it('makes no link of a scheme that could run code', () => {
    expect(parseMrkdwn('<javascript:alert(1)|x>')).toEqual([
      { kind: 'text', text: '<javascript:alert(1)|x>' },
    ]);
  });

  it('reads styles at the edges of words only', () => {
    expect(parseMrkdwn('*Severity:* critical, jwt_key_rotation 2*3*4 `a*b*`')).toEqual([
      { kind: 'bold', text: 'Severity:' },
      { kind: 'text', text: ' critical, jwt_key_rotation 2*3*4 ' },
      { kind: 'code', text: 'a*b*' },
    ]);
  });

  it('shows the emoji that alerts use and leaves times alone', () => {
    expect(parseMrkdwn(':rotating_light: 2025-06-22T14:30:00Z')).toEqual([
      { kind: 'text', text: '🚨 2025-06-22T14:30:00Z' },
    ]);
  });
});
