import { parseKeyRing, Secret } from '@swfx/config';
import type { Queryable } from '@swfx/database';
import { keySetSigner, readKeySet, signKeySet } from '@swfx/signing-keys';

/** Makes rows genuine that a test has written by hand. */
export async function signAgain(db: Queryable, ring: string): Promise<void> {
  const signer = keySetSigner(parseKeyRing(new Secret(ring)));
  const signature = signKeySet(await readKeySet(db), signer);
  await db.query('UPDATE key_set SET signer = $1, signature = $2', [signature.signer, signature.value]);
}
