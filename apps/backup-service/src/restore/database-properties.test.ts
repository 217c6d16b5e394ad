import {
  createStatement,
  propertyStatements,
  splitNames,
  type DatabaseProperties,
} from './database-properties';

const properties: DatabaseProperties = {
  owner: 'shop"owner',
  encoding: 'UTF8',
  collate: 'C',
  ctype: 'C.UTF-8',
  provider: 'c',
  locale: null,
  tablespace: 'pg_default',
  connectionLimit: -1,
  comment: null,
  grants: null,
  settings: [],
};

describe('the properties of a database', () => {
  it('make an empty one with the same owner, encoding and locale', () => {
    expect(createStatement('new "one"', properties)).toBe(
      `CREATE DATABASE "new ""one""" TEMPLATE template0 OWNER "shop""owner" ENCODING 'UTF8' ` +
        `LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' TABLESPACE "pg_default"`,
    );
    expect(createStatement('x', { ...properties, provider: 'i', locale: 'de-DE' })).toContain(
      `LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'`,
    );
  });

  it('say nothing where nothing but the defaults was set', () => {
    expect(propertyStatements('x', properties)).toEqual([]);
  });

  it('take from everybody what was taken, and give what was given', () => {
    const grants = [
      { grantee: null, privilege: 'TEMPORARY', grantable: false },
      { grantee: 'app', privilege: 'CONNECT', grantable: true },
    ];
    expect(propertyStatements('x', { ...properties, grants })).toEqual([
      'REVOKE ALL ON DATABASE "x" FROM PUBLIC',
      'REVOKE ALL ON DATABASE "x" FROM "shop""owner"',
      'GRANT TEMPORARY ON DATABASE "x" TO PUBLIC',
      'GRANT CONNECT ON DATABASE "x" TO "app" WITH GRANT OPTION',
    ]);
  });

  it('set lists of names as lists, everything else as one value, and for a role where it was for a role', () => {
    const settings = [
      { role: null, setting: 'search_path="Süd ""Ost""", public' },
      { role: 'app', setting: `app.greeting=it's, "fine"` },
    ];
    expect(
      propertyStatements('x', { ...properties, settings, connectionLimit: 5, comment: `the shop's` }),
    ).toEqual([
      `ALTER DATABASE "x" SET "search_path" TO 'Süd "Ost"', 'public'`,
      `ALTER ROLE "app" IN DATABASE "x" SET "app"."greeting" TO 'it''s, "fine"'`,
      'ALTER DATABASE "x" CONNECTION LIMIT 5',
      `COMMENT ON DATABASE "x" IS 'the shop''s'`,
    ]);
  });
});

describe('splitNames', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['"$user", public', ['$user', 'public']],
    ['""', ['']],
    ['"a, b"", c",d', ['a, b", c', 'd']],
  ])('takes %j apart', (list, names) => {
    expect(splitNames(list)).toEqual(names);
  });
});
