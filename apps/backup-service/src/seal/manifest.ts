/**
 * The manifest is what makes stored bytes a backup: it is written last, so that a backup exists if and only if its
 * manifest does. It is JSON that a person can read without us, and says all that a restore elsewhere has to know.
 * A reader ignores fields that it does not know and refuses a version that it does not know. Where signing keys are
 * configured, a manifest that is not signed with one of them is none.
 */
import type { KeyRing } from '@swfx/config';
import { z } from 'zod';
import { fingerprintVersions } from '../capture/row-hash';
import type { Fingerprint } from '../capture/sum-tables';
import { compressions } from '../programs/find-compression';
import type { DatabaseProperties } from '../restore/database-properties';
import { checkSignature, signManifest } from './sign-manifest';

const bytes = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);
const sums = z.tuple([z.string(), z.string()]);
const named = { schema: z.string(), name: z.string() };
const position = z.object({ value: z.string(), called: z.boolean() });

/** The data key, wrapped to whoever may open the dump. */
const encryption = z.object({
  scheme: z.literal('AES-256-GCM STREAM'),
  chunk_bytes: z.literal(65_536),
  keys: z.array(
    z.discriminatedUnion('recipient', [
      z.object({ recipient: z.literal('ring'), key_id: z.string(), wrapped: base64 }),
      z.object({ recipient: z.literal('recovery'), key_id: z.string(), ephemeral: base64, wrapped: base64 }),
    ]),
  ),
});

/** What belongs to the database and not to anything in it; a restore puts it back from here. */
const properties = z.object({
  owner: z.string(),
  collate: z.string(),
  ctype: z.string(),
  provider: z.string().nullable(),
  locale: z.string().nullable(),
  connection_limit: z.number().int(),
  comment: z.string().nullable(),
  grants: z
    .array(z.object({ grantee: z.string().nullable(), privilege: z.string(), grantable: z.boolean() }))
    .nullable(),
  settings: z.array(z.object({ role: z.string().nullable(), setting: z.string() })),
});

/** All that a restore is compared with beyond the tables' rows. */
const content = z.object({
  sequences: z.array(z.object({ ...named, before: position, after: position })),
  large_objects: z.object({ objects: bytes, sums }),
  schema: z.array(z.object({ kind: z.string(), object: z.string(), value: z.string() })),
  /** Tables whose rows are not compared, and why. */
  excluded: z.array(z.object({ ...named, reason: z.string() })),
});

/**
 * Version 1 was neither encrypted, signed nor fingerprinted. Version 2 only added fields. Version 3 may be packed by gzip,
 * and has sums that those who know version 2 alone would take for others.
 */
export const manifestSchema = z.object({
  format: z.literal('swfx-backup'),
  version: z.literal([1, 2, 3]),
  id: z.uuid(),
  /** The database's name among the backup targets. */
  database: z.string(),
  attempt: z.number().int().positive(),
  /** When capture began, when the snapshot was taken (what is in it is what was committed then), when all was stored. */
  started_at: z.iso.datetime(),
  snapshot_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  source: z.object({
    database: z.string(),
    system_identifier: z.string(),
    server_version: z.string(),
    server_major: z.number().int(),
    encoding: z.string(),
    size_bytes: bytes,
    extensions: z.array(z.object({ name: z.string(), version: z.string() })),
    roles: z.array(z.string()),
    properties: properties.nullable().default(null),
  }),
  programs: z.object({ pg_dump: z.string() }),
  /** The dump itself, beside the manifest: as it left pg_dump, and as it is stored. */
  dump: z.object({
    file: z.string(),
    format: z.literal('pg_dump custom'),
    compression: z.enum(compressions),
    dumped_bytes: bytes,
    dumped_sha256: sha256,
    stored_bytes: bytes,
    stored_sha256: sha256,
  }),
  encryption: encryption.nullable(),
  /** What can be proven of it: with `rows` the tables and how many rows each has, with `full` all that is in it. */
  proof_level: z.enum(['rows', 'full']),
  /** How rows were hashed for the sums: see `row-hash.ts`. */
  fingerprint_version: z.literal(fingerprintVersions).default(1),
  tables: z.array(z.object({ ...named, rows: bytes, sums: sums.optional() })),
  content: content.nullable().default(null),
  /** What pg_dump said on the side. */
  warnings: z.array(z.string()),
  signature: z
    .object({ algorithm: z.literal('Ed25519'), key_id: z.string(), value: base64 })
    .nullable()
    .default(null),
});

export type Manifest = z.output<typeof manifestSchema>;

/** Why a manifest is none; `beyond` us is what a newer release wrote, or signed with a key that is not at hand. */
export interface ManifestProblem {
  ok: false;
  problem: string;
  beyond?: true;
}

/** Reads a manifest and checks its signature where there are keys to check it with, or says why it is none. */
export function parseManifest(
  content: string,
  signing: KeyRing | undefined,
): { ok: true; manifest: Manifest } | ManifestProblem {
  const value = parseJson(content);
  if (value === undefined) return { ok: false, problem: 'the manifest is not JSON' };
  const newer = z.object({ version: z.number().min(4) }).safeParse(value);
  if (newer.success)
    return {
      ok: false,
      beyond: true,
      problem: `the manifest has version ${newer.data.version}, which a newer release wrote`,
    };
  const result = manifestSchema.safeParse(value);
  if (result.success) {
    const check = signing ? checkSignature(value as object, signing) : ({ valid: true } as const);
    if (check.valid) return { ok: true, manifest: result.data };
    return { ok: false, problem: check.problem, ...(check.unknownKey ? { beyond: true } : {}) };
  }
  const issue = result.error.issues[0];
  return { ok: false, problem: `the manifest is wrong at /${issue?.path.join('/')}: ${issue?.message}` };
}

/** The properties of a database as the manifest keeps them; its encoding and its tablespace are kept elsewhere, or not. */
export function manifestProperties(from: DatabaseProperties): NonNullable<Manifest['source']['properties']> {
  const { encoding: _encoding, tablespace: _tablespace, connectionLimit, ...kept } = from;
  return { ...kept, connection_limit: connectionLimit };
}

/** And back: what a restore gives the new database. */
export function propertiesOf(manifest: Manifest): DatabaseProperties | undefined {
  const { properties, encoding } = manifest.source;
  if (!properties) return undefined;
  const { connection_limit: connectionLimit, ...kept } = properties;
  return { ...kept, encoding, tablespace: 'pg_default', connectionLimit };
}

/** The manifest with its signature, as it is to be stored and kept; without keys it stays unsigned. */
export function sealManifest(manifest: Manifest, signing: KeyRing | undefined): Manifest {
  return { ...manifest, signature: signing ? signManifest(manifest, signing) : null };
}

/** The manifest as it is stored. */
export function serialiseManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** How a restored database has to be read to be compared with it. */
export function fingerprintOf(manifest: Manifest): Fingerprint {
  return { level: manifest.proof_level, version: manifest.fingerprint_version };
}

/** Rows of all tables together. */
export function totalRows(manifest: Pick<Manifest, 'tables'>): number {
  return manifest.tables.reduce((total, table) => total + table.rows, 0);
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
