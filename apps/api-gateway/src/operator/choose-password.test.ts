import { Readable } from 'node:stream';
import { choosePassword } from './choose-password';

const stdin = (text: string) => Readable.from([text]);

test('makes passwords of 144 bits', async () => {
  const chosen = await Promise.all([1, 2].map(() => choosePassword({ generate: true }, stdin(''))));
  expect(chosen).toEqual(
    Array(2).fill({ outcome: 'chosen', password: expect.stringMatching(/^[\w-]{24}$/) }),
  );
  expect(chosen[0]).not.toEqual(chosen[1]);
});

test.each([
  ['twelve letters\n', 'twelve letters'],
  ['twelve letters\r\n', 'twelve letters'],
  [' spaces count too ', ' spaces count too '],
  ['two lines are one\npassword\n', 'two lines are one\npassword'],
])('reads %j as the password %j', async (text, password) => {
  expect(await choosePassword({ passwordStdin: true }, stdin(text))).toEqual({ outcome: 'chosen', password });
});

test.each(['', 'too short\n', 'x'.repeat(1_025)])(
  'refuses a password that is too short or too long',
  async (text) => {
    expect((await choosePassword({ passwordStdin: true }, stdin(text))).outcome).toBe('refused');
  },
);

test('wants to be told where the password comes from', async () => {
  expect((await choosePassword({}, stdin('some password'))).outcome).toBe('refused');
  expect((await choosePassword({ generate: true, passwordStdin: true }, stdin('x'))).outcome).toBe('refused');
});
