/**
 * What is defined in a database, one fact an object: who owns it and may use it, and a hash over all that makes it up.
 * Two databases with the same facts have the same schema. Expressions are compared without casts and brackets, since
 * Postgres itself writes `CHECK (a IN ('x'))` back with others after every restore.
 */
import type { Client } from 'pg';

/** One thing that is true of an object: `privileges` in words, `definition` as SHA-256, `comment` as it is. */
export interface SchemaFact {
  kind: string;
  object: string;
  value: string;
}

/** Reads the facts of the database that a session is connected to; the session's search path has to be empty. */
export async function readSchema(session: Client): Promise<SchemaFact[]> {
  const { rows } = await session.query<SchemaFact>(
    `WITH extension_member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
          schema AS (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
                     WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
                       AND (2615, oid) NOT IN (SELECT classid, objid FROM extension_member)),
          relation AS (SELECT c.*, format('%I.%I', s.nspname, c.relname) AS name
                       FROM pg_class c JOIN schema s ON s.oid = c.relnamespace
                       WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND relpersistence <> 't'
                         AND (1259, c.oid) NOT IN (SELECT classid, objid FROM extension_member))
     ${privileges} UNION ALL ${definitions} UNION ALL ${existence} UNION ALL ${comments}
     ORDER BY 1, 2, 3`,
  );
  return rows;
}

const acl = (column: string, letter: string, owner: string): string =>
  `(SELECT string_agg(a::text, ' ' ORDER BY a::text COLLATE "C")
    FROM unnest(coalesce(${column}, acldefault(${letter}, ${owner}))) a)`;
const ownerAndAcl = (column: string, letter: string, owner: string): string =>
  `concat_ws(' ', 'owner', pg_get_userbyid(${owner}), ${acl(column, letter, owner)})`;
const notOfExtension = (classId: number, oid: string): string =>
  `(${classId}, ${oid}) NOT IN (SELECT classid, objid FROM extension_member)`;

const privileges = `
  SELECT 'privileges' AS kind, name AS object,
         ${ownerAndAcl('relacl', `(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char"`, 'relowner')} AS value
  FROM relation WHERE relkind <> 'c'
  UNION ALL SELECT 'privileges', format('%s.%I', name, attname), ${acl('attacl', `'c'`, 'relowner')}
  FROM relation JOIN pg_attribute ON attrelid = relation.oid WHERE attacl IS NOT NULL AND NOT attisdropped
    AND cardinality(attacl) > 0
  UNION ALL SELECT 'privileges', format('schema %I', nspname), ${ownerAndAcl('nspacl', `'n'`, 'nspowner')} FROM schema
  UNION ALL SELECT 'privileges', p.oid::regprocedure::text, ${ownerAndAcl('proacl', `'f'`, 'proowner')}
  FROM pg_proc p JOIN schema s ON s.oid = pronamespace WHERE ${notOfExtension(1255, 'p.oid')}
  UNION ALL SELECT 'privileges', format('type %s', format_type(t.oid, NULL)), ${ownerAndAcl('typacl', `'T'`, 'typowner')}
  FROM pg_type t JOIN schema s ON s.oid = typnamespace
  WHERE typelem = 0 AND typtype IN ('d', 'e', 'r') AND ${notOfExtension(1247, 't.oid')}
  UNION ALL SELECT 'privileges', format('language %I', lanname), ${ownerAndAcl('lanacl', `'l'`, 'lanowner')}
  FROM pg_language WHERE oid >= 16384 AND ${notOfExtension(2612, 'pg_language.oid')}
  UNION ALL SELECT 'privileges', format('server %I', srvname), ${ownerAndAcl('srvacl', `'S'`, 'srvowner')}
  FROM pg_foreign_server
  UNION ALL SELECT 'privileges',
    format('new objects of kind %s by %I in %s', defaclobjtype, pg_get_userbyid(defaclrole),
           CASE defaclnamespace WHEN 0 THEN 'all schemas' ELSE defaclnamespace::regnamespace::text END),
    ${acl('defaclacl', `'r'`, 'defaclrole')}
  FROM pg_default_acl`;

const typeName = `(?:character varying|bit varying|double precision|(?:timestamp|time)(?:\\(\\d\\))? with(?:out)? time zone|"[^"]*"|\\w+)`;
/** An expression as it is compared. */
const plain = (expression: string): string =>
  `regexp_replace(${expression}, '::${typeName}(?:\\.${typeName})*(?:\\(\\d+(?:,\\d+)?\\))?(?:\\[\\])*|[()\\s]', '', 'g')`;

const lines = `
  SELECT oid AS of, concat_ws(' ', 'relation', relkind, relpersistence, relrowsecurity, relforcerowsecurity,
           relreplident, relkind = 'm' AND relispopulated,
           (SELECT string_agg(o, ',' ORDER BY o COLLATE "C") FROM unnest(reloptions) o),
           ${plain('pg_get_expr(relpartbound, oid)')},
           CASE relkind WHEN 'p' THEN ${plain('pg_get_partkeydef(oid)')} END,
           CASE WHEN relkind IN ('v', 'm') THEN ${plain('pg_get_viewdef(oid)')} END) AS line
  FROM relation
  UNION ALL SELECT attrelid, concat_ws(' ', 'column', attname, format_type(atttypid, atttypmod), attnotnull,
           attidentity, attgenerated, attstorage, attcollation::regcollation,
           (SELECT string_agg(o, ',' ORDER BY o COLLATE "C") FROM unnest(attoptions) o),
           (SELECT ${plain('pg_get_expr(adbin, adrelid)')} FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum))
  FROM relation JOIN pg_attribute ON attrelid = relation.oid WHERE attnum > 0 AND NOT attisdropped
  UNION ALL SELECT seqrelid, concat_ws(' ', 'sequence', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax,
           seqcache, seqcycle) FROM pg_sequence
  UNION ALL SELECT inhrelid, concat_ws(' ', 'inherits', inhseqno, inhparent::regclass) FROM pg_inherits
  UNION ALL SELECT conrelid, concat_ws(' ', 'constraint', conname, contype, condeferrable, condeferred, convalidated,
           ${plain('pg_get_constraintdef(oid)')}) FROM pg_constraint WHERE conrelid <> 0 AND conparentid = 0 AND contype <> 'n'
  UNION ALL SELECT indrelid, concat_ws(' ', 'index', ${plain('pg_get_indexdef(indexrelid)')}, indisclustered,
           indisreplident) FROM pg_index WHERE indisvalid
  UNION ALL SELECT tgrelid, concat_ws(' ', 'trigger', tgenabled, ${plain('pg_get_triggerdef(oid)')})
  FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT ev_class, concat_ws(' ', 'rule', ev_enabled, ${plain('pg_get_ruledef(oid)')})
  FROM pg_rewrite WHERE rulename <> '_RETURN'
  UNION ALL SELECT polrelid, concat_ws(' ', 'policy', polname, polcmd, polpermissive,
           (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r)::text END, ',' ORDER BY 1)
            FROM unnest(polroles) r),
           ${plain('pg_get_expr(polqual, polrelid)')}, 'check', ${plain('pg_get_expr(polwithcheck, polrelid)')})
  FROM pg_policy
  UNION ALL SELECT stxrelid, ${plain('pg_get_statisticsobjdef(oid)')} FROM pg_statistic_ext`;

const hash = (text: string): string => `encode(sha256(convert_to(${text}, getdatabaseencoding())), 'hex')`;

const definitions = `
  SELECT 'definition', name, ${hash(`string_agg(line, E'\\n' ORDER BY line COLLATE "C")`)}
  FROM relation JOIN (${lines}) lines ON lines.of = relation.oid GROUP BY name
  UNION ALL SELECT 'definition', p.oid::regprocedure::text,
    ${hash(`CASE prokind WHEN 'a' THEN (SELECT concat_ws(' ', aggtransfn, aggfinalfn, aggtranstype::regtype, agginitval)
                                        FROM pg_aggregate WHERE aggfnoid = p.oid)
                         ELSE ${plain('pg_get_functiondef(p.oid)')} END`)}
  FROM pg_proc p JOIN schema s ON s.oid = pronamespace WHERE ${notOfExtension(1255, 'p.oid')}
  UNION ALL SELECT 'definition', format('type %s', format_type(t.oid, NULL)),
    ${hash(`concat_ws(' ', typtype, CASE typtype WHEN 'd' THEN format_type(typbasetype, typtypmod) END, typnotnull, typdefault,
      typcollation::regcollation,
      (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
      (SELECT rngsubtype::regtype FROM pg_range WHERE rngtypid = t.oid),
      (SELECT string_agg(concat_ws(' ', conname, ${plain('pg_get_constraintdef(c.oid)')}), ',' ORDER BY conname)
       FROM pg_constraint c WHERE contypid = t.oid))`)}
  FROM pg_type t JOIN schema s ON s.oid = typnamespace
  WHERE typelem = 0 AND typtype IN ('d', 'e', 'r') AND ${notOfExtension(1247, 't.oid')}`;

/** The rarer kinds, of which it is enough to know that they are there. */
const rarer = [
  'pg_operator',
  'pg_opclass',
  'pg_opfamily',
  'pg_cast',
  'pg_conversion',
  'pg_collation',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_event_trigger',
  'pg_publication',
  'pg_publication_rel',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_am',
];

const existence = `
  SELECT 'exists', concat_ws(' ', i.type, i.identity), ''
  FROM (${rarer.map((name) => `SELECT tableoid, oid FROM ${name} WHERE oid >= 16384`).join(' UNION ALL ')}) o,
       pg_identify_object(o.tableoid, o.oid, 0) i
  WHERE (o.tableoid, o.oid) NOT IN (SELECT classid, objid FROM extension_member)
  UNION ALL SELECT 'exists', format('extension %I', extname), '' FROM pg_extension`;

const comments = `
  SELECT 'comment', concat_ws(' ', i.type, i.identity), description
  FROM pg_description d, pg_identify_object(classoid, objoid, objsubid) i
  WHERE objoid >= 16384 AND classoid <> 'pg_extension'::regclass AND i.identity IS NOT NULL
    AND (classoid, objoid) NOT IN (SELECT classid, objid FROM extension_member)`;
