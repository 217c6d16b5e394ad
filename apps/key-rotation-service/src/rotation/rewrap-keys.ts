import type { PoolClient } from '@swfx/database';
import {
  accessTokenPurpose,
  openPrivateKey,
  sealPrivateKey,
  type KeyRing,
  type SigningAlgorithm,
} from '@swfx/signing-keys';

interface StoredHalf {
  kid: string;
  alg: SigningAlgorithm;
  kekId: string;
  sealed: Buffer;
}

/** Seals every stored private half anew under the ring's first key, so that the others can leave the ring. */
export async function rewrapKeys(client: PoolClient, ring: KeyRing): Promise<number> {
  const { rows } = await client.query<StoredHalf>(
    `SELECT p.kid, k.alg, p.kek_id AS "kekId", p.sealed
     FROM signing_key_private p JOIN signing_key k ON k.kid = p.kid FOR UPDATE OF p`,
  );
  for (const { kid, alg, ...sealed } of rows) {
    const context = { kid, alg, purpose: accessTokenPurpose };
    const again = sealPrivateKey(ring, context, openPrivateKey(ring, context, sealed));
    await client.query('UPDATE signing_key_private SET kek_id = $2, sealed = $3 WHERE kid = $1', [
      ...[kid, again.kekId, again.sealed],
    ]);
  }
  return rows.length;
}
