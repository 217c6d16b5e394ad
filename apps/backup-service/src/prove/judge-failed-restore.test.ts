import { judgeFailedRestore } from './judge-failed-restore';

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
});
