import { randomBytes } from 'node:crypto';
import { loadConfig, parseKeyRing, Secret } from '@swfx/config';
import { z } from 'zod';
import type { StoredKeySet } from './key-set';
import { keySetSigner, keySetTrust, trustInRing } from './key-set-trust';
import { findForgery, signKeySet } from './sign-key-set';

const newKey = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const ringOf = (...entries: string[]) => parseKeyRing(new Secret(entries.join(',')));
const schema = z.object({ KEY_SET_TRUST: keySetTrust() });
const keySet = { epoch: 3, readAt: new Date(0), keys: [] };

describe('trust in the signers of the key set', () => {
  it('is in each key of the ring, and the same for everyone who holds the ring', () => {
    const [older, newer] = [newKey('2025'), newKey('2026')];
    const signature = signKeySet(keySet, keySetSigner(ringOf(older)));
    const stored: StoredKeySet = { ...keySet, signature };
    expect(findForgery(stored, trustInRing(ringOf(newer, older)))).toBeUndefined();
    expect(findForgery(stored, trustInRing(ringOf(newer)))).toBe('unknown_signer');
    expect(findForgery({ ...stored, epoch: 4 }, trustInRing(ringOf(older)))).toBe('bad_signature');
  });

  it('needs nothing but the signer’s name, which is public', () => {
    const signer = keySetSigner(ringOf(newKey('2026')));
    const { KEY_SET_TRUST } = loadConfig(schema, { KEY_SET_TRUST: signer.name });
    expect(findForgery({ ...keySet, signature: signKeySet(keySet, signer) }, KEY_SET_TRUST)).toBeUndefined();
  });

  it('is not in a key that the same id once had, nor in one that calls itself like another', () => {
    const [signer, impostor] = [keySetSigner(ringOf(newKey('a'))), keySetSigner(ringOf(newKey('a')))];
    const { KEY_SET_TRUST } = loadConfig(schema, { KEY_SET_TRUST: signer.name });
    const forged = signKeySet(keySet, impostor);
    expect(findForgery({ ...keySet, signature: forged }, KEY_SET_TRUST)).toBe('unknown_signer');
    const disguised = { ...forged, signer: signer.name };
    expect(findForgery({ ...keySet, signature: disguised }, KEY_SET_TRUST)).toBe('bad_signature');
  });

  it('is refused in any other form', () => {
    for (const value of ['x', 'a:short', 'a:', `${'a'.repeat(43)}`])
      expect(() => loadConfig(schema, { KEY_SET_TRUST: value })).toThrow(
        'KEY_SET_TRUST must be `id:publicKey,…`',
      );
  });
});
