import { redact, redactText } from './redact';

describe('redactText', () => {
  it.each([
    ['connect to postgres://ops:hunter2@db:5432/ops failed', 'hunter2'],
    ['POST https://hooks.slack.com/services/T0/B0/canary', 'canary'],
    ['POST http://127.0.0.1:8004/services/T000/B000/canary', 'canary'],
    ['Authorization: Bearer canary.canary', 'canary'],
    ['token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.canary', 'canary'],
    ['-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----', 'canary'],
    ['xoxb-1-canary', 'canary'],
    ['redis://:canary@127.0.0.1:6379', 'canary'],
  ])('removes the secret from %j', (text, secret) => {
    expect(redactText(text)).not.toContain(secret);
  });

  // With a search that grows with the square of the text, one of these takes minutes.
  it.each([
    'a.',
    'ey-',
    'a://',
    'a://:',
    'eyaaaaaaaaa.',
    '/services/T',
    'Bearer ',
    '-----BEGIN PRIVATE KEY',
    ' ',
  ])('is quick on a megabyte of %j', (piece) => {
    const text = piece.repeat(1_000_000 / piece.length);
    expect(redactText(text).length).toBeLessThanOrEqual(text.length * 2);
  });

  it('leaves ordinary text alone', () => {
    expect(redactText('backup 42 of platform took 3.1 s')).toBe('backup 42 of platform took 3.1 s');
  });
});

describe('redact', () => {
  it('removes strings under secret-sounding names, at any depth', () => {
    const value = redact({ a: [{ password: 'x1', nested: { access_token: 'x2', kept: 'yes' } }] });
    expect(JSON.stringify(value)).toBe(
      '{"a":[{"password":"[redacted]","nested":{"access_token":"[redacted]","kept":"yes"}}]}',
    );
  });
});
