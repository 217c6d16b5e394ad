import { decideApproval, hashOfCode, type AwaitedApproval } from './decide-approval';

const awaited: AwaitedApproval = {
  hash: hashOfCode('right'),
  for: 'user:a',
  step: 'restore',
  expired: false,
  liveName: 'shop',
};
const attempt = { code: 'right', actor: 'user:a', typedName: undefined, production: false };

describe('decideApproval', () => {
  it('takes the code from the person who was shown it, in time', () => {
    expect(decideApproval(awaited, attempt)).toEqual({ approved: true, step: 'restore' });
  });

  it.each([
    ['nothing_to_approve', { hash: null, step: null }, {}],
    ['wrong_code', {}, { code: 'wrong' }],
    ['other_person', {}, { actor: 'user:b' }],
    ['expired', { expired: true }, {}],
    ['name_needed', {}, { production: true }],
    ['name_needed', {}, { production: true, typedName: 'shops' }],
  ] as const)('refuses with %s', (reason, row, tried) => {
    expect(decideApproval({ ...awaited, ...row }, { ...attempt, ...tried })).toMatchObject({ reason });
  });

  it('asks for the name of the database in production, and takes it', () => {
    const typed = { ...attempt, production: true, typedName: 'shop' };
    expect(decideApproval(awaited, typed)).toMatchObject({ approved: true });
  });
});
