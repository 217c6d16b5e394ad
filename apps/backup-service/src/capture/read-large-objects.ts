import type { Client } from 'pg';
import { sumsOf, type Sums } from './sum-tables';

/** How many large objects there are, and the sums over their contents, owners and privileges. */
export interface LargeObjects {
  objects: number;
  sums: Sums;
}

/** Reads them page by page. A page of zeros is left out: it may be a hole here and written out after a restore. */
export async function readLargeObjects(session: Client): Promise<LargeObjects> {
  const { rows } = await session.query<{ objects: string; first: string; second: string }>(
    `WITH lines AS (
       SELECT concat_ws(' ', loid, pageno, encode(data, 'hex')) AS line FROM pg_largeobject
       WHERE data <> decode(repeat('00', length(data)), 'hex')
       UNION ALL
       SELECT concat_ws(' ', loid, 'ends', max(pageno::bigint * 2048 + length(data))) FROM pg_largeobject GROUP BY loid
       UNION ALL
       SELECT concat_ws(' ', oid, pg_get_userbyid(lomowner),
                        (SELECT string_agg(a::text, ' ' ORDER BY a::text COLLATE "C")
                         FROM unnest(coalesce(lomacl, acldefault('L', lomowner))) a))
       FROM pg_largeobject_metadata)
     SELECT (SELECT count(*) FROM pg_largeobject_metadata) AS objects, ${sumsOf('line COLLATE "C"')} FROM lines`,
  );
  const [row] = rows as [(typeof rows)[number]];
  return { objects: Number(row.objects), sums: [row.first, row.second] };
}
