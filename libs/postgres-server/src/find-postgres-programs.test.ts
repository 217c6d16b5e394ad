import { choosePostgresPrograms, parsePostgresMajor } from './find-postgres-programs';

const complete = (major: number) => ({
  dir: `/usr/lib/postgresql/${major}/bin`,
  serverMajor: major,
  clientMajor: major,
});

describe('choosePostgresPrograms', () => {
  it('takes the newest major that has both server and client', () => {
    const folders = [
      complete(15),
      complete(16),
      { dir: '/pg17', serverMajor: 17 },
      { dir: '/pg18', clientMajor: 18 },
    ];
    expect(choosePostgresPrograms(folders)).toMatchObject({ found: true, programs: { major: 16 } });
  });

  it('joins a server and a client of one major that are in different folders', () => {
    const folders = [
      { dir: '/server', serverMajor: 16 },
      { dir: '/client', clientMajor: 16 },
    ];
    const programs = { postgres: '/server/postgres', pgDump: '/client/pg_dump', psql: '/client/psql' };
    expect(choosePostgresPrograms(folders)).toMatchObject({ found: true, programs });
  });

  it('takes the major asked for even if a newer one is there', () => {
    expect(choosePostgresPrograms([complete(15), complete(16)], 15)).toMatchObject({
      programs: { major: 15 },
    });
  });

  it.each([
    [[], undefined, 'both', 'No Postgres is installed on this machine.'],
    [[complete(15)], 16, 'both', 'No Postgres 16 is installed on this machine.'],
    [
      [{ dir: '/c', clientMajor: 15 }],
      undefined,
      'server',
      'Only the client programs of Postgres are installed',
    ],
    [[{ dir: '/s', serverMajor: 15 }], undefined, 'client', 'without client programs of its major'],
  ])('says what is missing in a sentence (%#)', (folders, major, missing, sentence) => {
    const choice = choosePostgresPrograms(folders, major);
    expect(choice).toMatchObject({ found: false, missing, reason: expect.stringContaining(sentence) });
  });
});

describe('parsePostgresMajor', () => {
  it.each([
    ['postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', 15],
    ['pg_dump (PostgreSQL) 18beta1', 18],
    ['something else', undefined],
  ])('reads the major of %s', (line, major) => expect(parsePostgresMajor(line)).toBe(major));
});
