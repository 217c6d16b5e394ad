import type { KeyRing } from '@swfx/config';
import type { GeneratedKey } from './generate-signing-key';
import { signProbe } from './probe-token';
import { accessTokenPurpose, sealPrivateKey } from './seal';
import type { NewKey } from './update-key-set';

/** A key pair as it joins the set: its private half sealed under the ring, its probe signed. */
export function prepareKey(
  key: GeneratedKey,
  joining: { ring: KeyRing; state: NewKey['state']; createdBy: string },
): NewKey {
  const { kid, alg, jwk, privateKey } = key;
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const sealed = sealPrivateKey(joining.ring, { kid, alg, purpose: accessTokenPurpose }, pkcs8);
  const { state, createdBy } = joining;
  return { kid, alg, jwk, state, createdBy, sealed, probe: signProbe(key) };
}
