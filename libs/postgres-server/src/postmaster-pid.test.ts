import { parsePostmasterPid } from './postmaster-pid';

describe('parsePostmasterPid', () => {
  it('reads pid and state', () => {
    const text = '4711\n/data\n1700000000\n15432\n\n127.0.0.1\n  1234 5\nready   \n';
    expect(parsePostmasterPid(text)).toEqual({ pid: 4711, ready: true });
  });

  it('takes a half-written file for a server that is not ready', () => {
    expect(parsePostmasterPid('4711\n/data\n')).toEqual({ pid: 4711, ready: false });
  });

  it('knows no server in an empty file', () => {
    expect(parsePostmasterPid('')).toBeUndefined();
  });
});
