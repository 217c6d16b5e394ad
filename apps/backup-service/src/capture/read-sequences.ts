import type { Client } from 'pg';
import { quoted, type TableName } from './list-tables';

/** Where a sequence stands. `called` is false while its value has not been given out yet. */
export interface SequencePosition extends TableName {
  value: string;
  called: boolean;
}

/**
 * Sequences obey no snapshot: what `pg_dump` reads lies somewhere between a reading before it and one after it. Both
 * are kept; they are equal where nobody has drawn a number meanwhile.
 */
export interface SequenceRange extends TableName {
  before: Omit<SequencePosition, keyof TableName>;
  after: Omit<SequencePosition, keyof TableName>;
}

const sequencesPerStatement = 200;

/** Reads every sequence that a dump carries. */
export async function readSequences(session: Client): Promise<SequencePosition[]> {
  const names = await listSequences(session);
  const positions: SequencePosition[] = [];
  for (let from = 0; from < names.length; from += sequencesPerStatement) {
    const group = names.slice(from, from + sequencesPerStatement);
    const { rows } = await session.query<{ at: number; value: string; called: boolean }>(
      group
        .map(
          (name, at) =>
            `SELECT ${at} AS at, last_value::text AS value, is_called AS called FROM ${quoted(name)}`,
        )
        .join(' UNION ALL '),
    );
    for (const { at, value, called } of rows) positions.push({ ...(group[at] as TableName), value, called });
  }
  return positions;
}

async function listSequences(session: Client): Promise<TableName[]> {
  const { rows } = await session.query<TableName>(
    `SELECT n.nspname::text AS schema, c.relname::text AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT FROM pg_depend d
                       WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  );
  return rows;
}

/** Puts the readings before and after a dump together; the catalogue was read in one snapshot, so both have all. */
export function bracketSequences(
  before: readonly SequencePosition[],
  after: readonly SequencePosition[],
): SequenceRange[] {
  const later = new Map(after.map((position) => [quoted(position), position]));
  return before.map(({ schema, name, value, called }) => {
    const end = later.get(quoted({ schema, name })) ?? { value, called };
    return { schema, name, before: { value, called }, after: { value: end.value, called: end.called } };
  });
}
