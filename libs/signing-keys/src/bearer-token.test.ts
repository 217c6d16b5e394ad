import { readBearerToken } from './bearer-token';

const read = (...values: string[]) =>
  readBearerToken({ rawHeaders: values.flatMap((value) => ['Authorization', value]) });

test.each(['Bearer abc.def-_~+/==', 'bearer abc', 'BEARER  abc', ' Bearer abc '])(
  'reads the token of "%s"',
  (value) => {
    expect(read(value)).toMatchObject({ kind: 'token', token: expect.stringMatching(/^abc/) as string });
  },
);

test.each([[[]], [['Basic dXNlcjpwYXNz']], [['']], [['Digest x="y"']], [['BearerX abc']]])(
  'finds no token in %j, which is no request of ours',
  (values) => {
    expect(read(...values)).toEqual({ kind: 'missing' });
  },
);

test.each([
  [['Bearer']],
  [['Bearer ']],
  [['Bearer a b']],
  [['Bearer "abc"']],
  [['Bearer abc,def']],
  [['Bearer abc\tdef']],
  [['Bearer =abc']],
  [[`Bearer ${'a'.repeat(8_193)}`]],
  [['Bearer abc', 'Bearer abc']],
  [['Bearer abc', 'Basic abc']],
])('refuses %j as malformed', (values) => {
  expect(read(...values).kind).toBe('malformed');
});
