/**
 * A ring of keys: `id:base64key,…`, 32 bytes each. The first is in use, all of them are still good, so that a new one
 * is put in front and the old one stays until nothing that was made with it is left. The keys are held as KeyObjects,
 * which no logger, inspection or JSON prints.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { AppError } from '@swfx/errors';
import { z } from 'zod';
import { secret } from './fields';
import type { Secret } from './secret';

/** One key encryption key: AES-256. */
export interface KeyEncryptionKey {
  id: string;
  key: KeyObject;
}

/** At least one key encryption key, each with an id of its own. */
export interface KeyRing {
  /** Seals whatever is sealed from now on. */
  readonly sealing: KeyEncryptionKey;
  /** The ids of all keys, the sealing one first. */
  readonly ids: readonly string[];
  find(id: string): KeyEncryptionKey | undefined;
}

const keyBytes = 32;
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Reads a ring; throws `invalid_configuration` that names every problem by position or id, and never a key. */
export function parseKeyRing(value: Secret): KeyRing {
  const { ring, problems } = readRing(value.reveal());
  if (!ring) throw new AppError('invalid_configuration', `the key encryption ring ${problems.join('; it ')}`);
  return ring;
}

/** The configuration field for a ring, such as `KEY_ENCRYPTION_KEYS`: a secret. */
export const keyRing = () =>
  secret()
    .transform((value, context): KeyRing => {
      const { ring, problems } = readRing(value.reveal());
      for (const problem of problems) context.addIssue({ code: 'custom', message: problem });
      return ring ?? z.NEVER;
    })
    .meta({ secret: true });

function readRing(text: string): { ring?: KeyRing; problems: string[] } {
  const entries = text.split(',').map(readEntry);
  const problems = entries.flatMap((entry, index) =>
    typeof entry === 'string' ? [`has ${entry} in entry ${index + 1}`] : [],
  );
  const keys = entries.filter((entry) => typeof entry !== 'string');
  const ids = keys.map(({ id }) => id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index)))
    problems.push(`names the id ${id} more than once`);
  const sealing = keys[0];
  if (!sealing || problems.length > 0) return { problems };
  return { ring: { sealing, ids, find: (id) => keys.find((key) => key.id === id) }, problems };
}

/** The key, or what is wrong with the entry. */
function readEntry(entry: string): KeyEncryptionKey | string {
  const separator = entry.indexOf(':');
  if (separator < 0) return 'no colon between id and key';
  const id = entry.slice(0, separator).trim();
  const encoded = entry.slice(separator + 1).trim();
  if (!idPattern.test(id)) return 'an id that is not 1 to 64 letters, digits, dots, dashes or underscores';
  const bytes = Buffer.from(encoded, 'base64');
  if (stripPadding(bytes.toString('base64')) !== stripPadding(encoded)) return 'a key that is not base64';
  if (bytes.length !== keyBytes) return `a key of ${bytes.length} bytes, where ${keyBytes} are needed,`;
  return { id, key: createSecretKey(bytes) };
}

function stripPadding(base64: string): string {
  return base64.replace(/=+$/, '');
}
