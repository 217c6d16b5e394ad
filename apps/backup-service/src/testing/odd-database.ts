import type { Pool } from 'pg';
import pg from 'pg';

/** A database of things that break naive dumps: odd names, keys that point at each other, views, large rows, nothing. */
export async function fillOddDatabase(pool: Pool): Promise<void> {
  await pool.query(`
    CREATE SCHEMA "Süd Ost";
    CREATE TABLE "Süd Ost"."it's ""quoted"" \\ Tabelle" (id int PRIMARY KEY, "größe €" text);
    INSERT INTO "Süd Ost"."it's ""quoted"" \\ Tabelle" SELECT i, repeat('ä', i) FROM generate_series(1, 321) i;
    CREATE TABLE "Order" (id serial PRIMARY KEY, parent int REFERENCES "Order", "user" int);
    INSERT INTO "Order" (parent, "user") SELECT nullif(i - 1, 0), i FROM generate_series(1, 100) i;
    CREATE TABLE "User" (id int PRIMARY KEY, "order" int REFERENCES "Order" DEFERRABLE INITIALLY DEFERRED);
    INSERT INTO "User" SELECT i, i FROM generate_series(1, 100) i;
    ALTER TABLE "Order" ADD FOREIGN KEY ("user") REFERENCES "User" DEFERRABLE;
    CREATE TABLE empty_one ();
    CREATE TABLE empty_two (a int);
    CREATE TABLE large (payload text);
    INSERT INTO large SELECT string_agg(md5(i::text || j), '') FROM generate_series(1, 40000) i, generate_series(1, 3) j GROUP BY j;
    CREATE TABLE parts (at date, n int) PARTITION BY RANGE (at);
    CREATE TABLE parts_2025 PARTITION OF parts FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    INSERT INTO parts SELECT '2025-12-01'::date + i, i FROM generate_series(1, 60) i;
    CREATE VIEW people AS SELECT id, "order" FROM "User" WHERE id > 10;
    CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM "Order";
    CREATE SEQUENCE "Odd.Sequence" START 42;
    SELECT nextval('"Odd.Sequence"');`);
}

/** Every character of ASCII that a name may have, in names of 63 bytes, the longest there are; a line break among them. */
export const hostileNames = [
  firstTo(63),
  firstTo(126).slice(63),
  `${firstTo(127).slice(126)}${'ä'.repeat(31)}`,
];

function firstTo(last: number): string {
  return String.fromCharCode(...Array.from({ length: last }, (_, at) => at + 1));
}

/** A schema, a table, its column and its sequence by each of the names; the rows too have every character. */
export async function fillHostileDatabase(pool: Pool): Promise<void> {
  for (const [at, name] of hostileNames.entries()) {
    const quoted = pg.escapeIdentifier(name);
    await pool.query(`CREATE SCHEMA ${quoted}; CREATE SEQUENCE ${quoted}.${quoted};
      CREATE TABLE ${quoted}.${pg.escapeIdentifier(name.slice(0, -1))} (${quoted} text DEFAULT ${pg.escapeLiteral(name)},
        n int DEFAULT nextval(${pg.escapeLiteral(`${quoted}.${quoted}`)}));
      INSERT INTO ${quoted}.${pg.escapeIdentifier(name.slice(0, -1))} SELECT FROM generate_series(1, ${at + 1});
      COMMENT ON SCHEMA ${quoted} IS ${pg.escapeLiteral(name)}`);
  }
}
