import { isEmailAddress } from './email-address';

test.each(['a@b', 'Zoë.Müller+x@exämple.org', '用户@例え.jp', `${'a'.repeat(64)}@${'b'.repeat(189)}`])(
  'takes %s',
  (text) => {
    expect(isEmailAddress(text)).toBe(true);
  },
);

test.each([
  ['nothing', ''],
  ['no at sign', 'a'],
  ['two of them', 'a@b@c'],
  ['a space', 'a b@c'],
  ['a NUL', 'a\u0000@b'],
  ['an escape sequence', 'a\u001b[2J@b'],
  ['a text that runs backwards', 'a\u202e@b'],
  ['a character without width', 'a\u200b@b'],
  ['half a character', 'a\ud800@b'],
  ['too much', `${'a'.repeat(65)}@b`],
  ['more than a login takes', `${'😀'.repeat(64)}@${'b'.repeat(189)}`],
])('does not take an address with %s', (_what, text) => {
  expect(isEmailAddress(text)).toBe(false);
});
