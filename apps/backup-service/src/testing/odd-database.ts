import type { Pool } from 'pg';

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
