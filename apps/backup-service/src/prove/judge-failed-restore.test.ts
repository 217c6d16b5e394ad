import { isPassingTrouble, judgeFailedRestore } from './judge-failed-restore';

describe('judgeFailedRestore', () => {
  it.each([
    'could not execute query: ERROR: extension "postgis" is not available',
    'ERROR: could not access file "$libdir/timescaledb": No such file or directory',
    'ERROR: role "gone" does not exist',
    'ERROR: could not extend file: No space left on device',
  ])('does not blame the backup for this machine: %s', (complaint) => {
    expect(judgeFailedRestore(complaint).verdict).toBe('CANNOT_VERIFY_HERE');
  });
  it.each(['ERROR: relation "x" does not exist', 'unexpected end of file', 'killed'])(
    'calls a backup that does not restore corrupt: %s',
    (complaint) => expect(judgeFailedRestore(complaint).verdict).toBe('CORRUPT'),
  );
  it.each([
    'ERROR: permission denied to create event trigger "watched"',
    'ERROR: must be owner of extension pg_trgm',
    'ERROR: must be able to SET ROLE "keeper"',
  ])('does not blame the backup for what a role that is no superuser may not do: %s', (complaint) => {
    expect(judgeFailedRestore(complaint, { superuser: false }).verdict).toBe('CANNOT_VERIFY_HERE');
    expect(judgeFailedRestore(complaint, { superuser: true }).verdict).toBe('CORRUPT');
  });
});

describe('isPassingTrouble', () => {
  it.each([
    ['pg_restore was ended by SIGKILL', 'SIGKILL'],
    ['connection to server at "127.0.0.1" failed', null],
    ['server closed the connection unexpectedly', null],
  ])('is a program or a server that somebody ended: %s', (message, signal) => {
    expect(isPassingTrouble({ message, signal })).toBe(true);
  });
  it.each([
    ['unexpected end of file', null],
    ['pg_restore was ended by SIGSEGV', 'SIGSEGV'],
  ])('is not what the backup itself may have caused: %s', (message, signal) => {
    expect(isPassingTrouble({ message, signal })).toBe(false);
  });
});
