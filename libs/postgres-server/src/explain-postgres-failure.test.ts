import { explainPostgresFailure } from './explain-postgres-failure';

const dataDir = '/data';

describe('explainPostgresFailure', () => {
  it.each([
    ['initdb: error: could not write: No space left on device', 'disk_full'],
    [
      'FATAL: wrote only 4096 of 8192 bytes at block 20\nHINT: Check free disk space.\nPANIC: cannot',
      'disk_full',
    ],
    ['LOG: could not bind IPv4 address "127.0.0.1": Address already in use', 'port_taken'],
    ['FATAL: lock file "postmaster.pid" already exists', 'in_use'],
    ['FATAL: database files are incompatible with server', 'other_major'],
    ['FATAL: could not open file: Permission denied', 'no_permission'],
  ])('recognises %s', (log, reason) => {
    expect(explainPostgresFailure({ log, dataDir, port: 1 }).reason).toBe(reason);
  });

  it('names the port that is taken', () => {
    const { sentence } = explainPostgresFailure({ log: 'Address already in use', dataDir, port: 15432 });
    expect(sentence).toBe('Port 15432 is taken: another program listens on it.');
  });

  it('repeats the last complaint of a log that it does not know', () => {
    const log = 'LOG:  starting\n2026-01-01 UTC [7] FATAL:  parameter "x" is odd.\nLOG:  shut down';
    expect(explainPostgresFailure({ log, dataDir }).sentence).toBe(
      'Postgres did not start: parameter "x" is odd.',
    );
  });

  it('says so when there is no log', () => {
    expect(explainPostgresFailure({ log: '', dataDir }).sentence).toBe('Postgres ended without a word.');
  });
});
