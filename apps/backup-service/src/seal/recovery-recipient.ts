import { createPublicKey, type KeyObject } from 'node:crypto';
import { text } from '@swfx/config';
import { z } from 'zod';

/** The configuration field for the public half of the recovery key; gives an X25519 `KeyObject`. */
export const recoveryRecipient = () =>
  text().transform((value, context): KeyObject => {
    const key = parsePublicKey(value);
    if (key?.asymmetricKeyType === 'x25519') return key;
    context.addIssue({ code: 'custom', message: 'must be an X25519 public key in PEM' });
    return z.NEVER;
  });

/** An environment variable holds a line better than a PEM, so that its middle line alone will do. */
function parsePublicKey(value: string): KeyObject | undefined {
  try {
    if (value.includes('-----BEGIN')) return createPublicKey(value);
    return createPublicKey({ key: Buffer.from(value, 'base64'), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
