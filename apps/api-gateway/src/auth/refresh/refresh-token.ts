/**
 * Refresh tokens: 256 random bits, told to one client and stored nowhere but as a hash. A successor is derived from
 * the token that it follows, under a key of the KEK ring and a salt in the database: whoever repeats a request in
 * time gets the same one again, and neither the database nor the ring nor the old token alone tells what it is.
 */
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyEncryptionKey } from '@swfx/signing-keys';

/** Known to secret scanners and to our own redaction by its beginning. */
const prefix = 'swfx_rt_';
const tokenBytes = 32;
const syntax = new RegExp(`^${prefix}[A-Za-z0-9_-]{43}$`);

export function createRefreshToken(): string {
  return spell(randomBytes(tokenBytes));
}

/** A new salt for one successor. */
export function createSuccessorSalt(): Buffer {
  return randomBytes(tokenBytes);
}

/** The token that follows `token`: HKDF-SHA256 (RFC 5869), the token as part of what it is bound to. */
export function deriveSuccessor(kek: KeyEncryptionKey, salt: Buffer, token: string): string {
  const info = `refresh-token successor v1\0${token}`;
  return spell(Buffer.from(hkdfSync('sha256', kek.key, salt, info, tokenBytes)));
}

/** What is stored of a token: its SHA-256. A slow hash would protect nothing here, since nobody guesses 256 bits. */
export function hashRefreshToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Whether a text can be a refresh token at all. */
export function isRefreshToken(text: string): boolean {
  return syntax.test(text);
}

function spell(bytes: Buffer): string {
  return prefix + bytes.toString('base64url');
}
