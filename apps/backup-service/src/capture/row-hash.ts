/**
 * How a row becomes two numbers, under the pinned settings of `openSession` and with the columns by name, since a
 * restore may order them otherwise. Equal rows give equal numbers in every database; those that differ in anything that a
 * dump carries give others.
 *
 * Version 1 hashes the text of the whole row. Version 2 hashes column by column, which saves a third of the time: what
 * Postgres holds in a form that has one text and is hashed in full, as it is held; 8 bytes, which Postgres hashes as 4,
 * by their bytes; the rest as text. The hash of a record is linear in those of its columns, so that two rows that swap a
 * value would not change the sum over them; it is hashed once more.
 */
import pg from 'pg';

export const fingerprintVersions = [1, 2] as const;
/** Manifests say which they were made with; a proof uses the same. */
export type FingerprintVersion = (typeof fingerprintVersions)[number];

/** Records can be hashed since Postgres 14. */
export function newestVersion(serverMajor: number): FingerprintVersion {
  return serverMajor >= 14 ? 2 : 1;
}

export interface Column {
  name: string;
  /** Oid of its type; those of Postgres' own types are the same everywhere. */
  type: number;
}

/** The row as one expression over its table. */
export function rowExpression(columns: readonly Column[], version: FingerprintVersion): string {
  if (version === 1) return `${textOf(columns)} COLLATE "C"`;
  const known = columns.flatMap(({ name, type }) => {
    const written = ways[type]?.(pg.escapeIdentifier(name));
    return written === undefined ? [] : [written];
  });
  const others = columns.filter(({ type }) => !ways[type]);
  const rest = others.length > 0 ? [`${textOf(others)} COLLATE "C"`] : [];
  return `ROW(${[...known, ...rest].join(', ')})`;
}

/** What is summed up over `line`, which the expression of a row is called, for one of the two sums. */
export function rowHash(version: FingerprintVersion, seed: 0 | 1): string {
  if (version === 1) return `hashtextextended(line, ${seed})`;
  return `hashtextextended('' COLLATE "C", hash_record_extended(line, ${seed}))`;
}

function textOf(columns: readonly Column[]): string {
  return `ROW(${columns.map(({ name }) => pg.escapeIdentifier(name)).join(', ')})::text`;
}

const asHeld = (column: string): string => column;
const byBytes = (send: string) => (column: string) => `${send}(${column})`;
const asText = (column: string): string => `${column}::text COLLATE "C"`;
const collated = (column: string): string => `${column} COLLATE "C"`;

/**
 * By the oid of the type. What is not here is written out with its type's own output function, as a dump does it; so
 * are numbers with a point and JSON, of which Postgres calls some equal that are not written alike.
 */
const ways: Record<number, (column: string) => string> = {
  16: asHeld, // boolean
  17: asHeld, // bytea
  21: asHeld, // smallint
  23: asHeld, // integer
  26: asHeld, // oid
  1082: asHeld, // date
  2950: asHeld, // uuid
  20: byBytes('int8send'), // bigint
  1114: byBytes('timestamp_send'),
  1184: byBytes('timestamptz_send'),
  25: collated, // text
  1043: collated, // character varying
  114: asText, // json
  3802: asText, // jsonb
  700: asText, // real
  701: asText, // double precision
  1700: asText, // numeric
};
