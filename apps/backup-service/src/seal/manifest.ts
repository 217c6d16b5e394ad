/**
 * The manifest is what makes stored bytes a backup: it is written last, so that a backup exists if and only if its
 * manifest does. It is JSON that a person can read without us, and says all that a restore elsewhere has to know.
 * A reader ignores fields that it does not know and refuses a version that it does not know.
 */
import { z } from 'zod';

const bytes = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One version of the format, made by adding fields only. */
export const manifestSchema = z.object({
  format: z.literal('swfx-backup'),
  version: z.literal(1),
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
  }),
  programs: z.object({ pg_dump: z.string() }),
  /** The dump itself, beside the manifest: as it left pg_dump, and as it is stored. */
  dump: z.object({
    file: z.string(),
    format: z.literal('pg_dump custom'),
    compression: z.literal('zstd'),
    dumped_bytes: bytes,
    dumped_sha256: sha256,
    stored_bytes: bytes,
    stored_sha256: sha256,
  }),
  encryption: z.null(),
  /** What the row counts prove: `rows` compares tables and how many rows each has. */
  proof_level: z.literal('rows'),
  tables: z.array(z.object({ schema: z.string(), name: z.string(), rows: bytes })),
  /** What pg_dump said on the side. */
  warnings: z.array(z.string()),
});

export type Manifest = z.output<typeof manifestSchema>;

/** Reads a manifest, or says why it is none. */
export function parseManifest(
  content: string,
): { ok: true; manifest: Manifest } | { ok: false; problem: string } {
  const value = parseJson(content);
  if (value === undefined) return { ok: false, problem: 'the manifest is not JSON' };
  const newer = z.object({ version: z.number().min(2) }).safeParse(value);
  if (newer.success)
    return {
      ok: false,
      problem: `the manifest has version ${newer.data.version}, which a newer release wrote`,
    };
  const result = manifestSchema.safeParse(value);
  if (result.success) return { ok: true, manifest: result.data };
  const issue = result.error.issues[0];
  return { ok: false, problem: `the manifest is wrong at /${issue?.path.join('/')}: ${issue?.message}` };
}

/** The manifest as it is stored. */
export function serialiseManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
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
