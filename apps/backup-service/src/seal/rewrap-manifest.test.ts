import { generateKeyPairSync } from 'node:crypto';
import { parseKeyRing, Secret } from '@swfx/config';
import type { BackupKeys } from './backup-keys';
import { generateDataKey, openWithRecoveryKey, openWithRing, wrapDataKey } from './data-key';
import { parseManifest, sealManifest, serialiseManifest, type Manifest } from './manifest';
import { rewrapManifest } from './rewrap-manifest';

const ring = (...ids: string[]) =>
  parseKeyRing(new Secret(ids.map((id) => `${id}:${Buffer.alloc(32, id).toString('base64')}`).join(',')));
const recovery = generateKeyPairSync('x25519');
const keys = (encryption: string[], signing = encryption, lost = false): BackupKeys => ({
  encryption: ring(...encryption),
  signing: ring(...signing),
  encrypt: true,
  recovery: lost ? undefined : recovery.publicKey,
});
const id = '6f1e6f0e-2a0b-4c6e-9d8e-0a1b2c3d4e5f';
const sha256 = 'a'.repeat(64);

function stored(
  dataKey = generateDataKey(),
  using = keys(['a']),
): { content: string; dataKey: typeof dataKey } {
  const wrapped = wrapDataKey(dataKey, id, {
    ring: using.encryption as NonNullable<BackupKeys['encryption']>,
    recovery: using.recovery,
  });
  const manifest = {
    format: 'swfx-backup',
    version: 2,
    id,
    database: 'd',
    attempt: 1,
    started_at: '2026-01-01T02:00:00.000Z',
    snapshot_at: '2026-01-01T02:00:00.000Z',
    finished_at: '2026-01-01T02:00:00.000Z',
    source: {
      database: 'd',
      system_identifier: '1',
      server_version: '15',
      server_major: 15,
      encoding: 'UTF8',
      size_bytes: 1,
      extensions: [],
      roles: [],
    },
    programs: { pg_dump: '15' },
    dump: {
      file: 'f',
      format: 'pg_dump custom',
      compression: 'zstd',
      dumped_bytes: 1,
      dumped_sha256: sha256,
      stored_bytes: 1,
      stored_sha256: sha256,
    },
    encryption: { scheme: 'AES-256-GCM STREAM', chunk_bytes: 65536, keys: wrapped },
    proof_level: 'rows',
    tables: [],
    warnings: [],
    later: 'field',
  } as unknown as Manifest;
  return { content: serialiseManifest(sealManifest(manifest, using.signing)), dataKey };
}

describe('rewrapManifest', () => {
  it('hands the same data key to the key in front, so that the old one can go', () => {
    const { content, dataKey } = stored();
    const result = rewrapManifest(content, keys(['b', 'a']));
    if (result.outcome !== 'rewrapped') throw new Error(result.outcome);
    const parsed = parseManifest(result.content, ring('b'));
    if (!parsed.ok || !parsed.manifest.encryption)
      throw new Error('it does not verify with the new key alone');
    const opened = openWithRing(parsed.manifest.encryption.keys, id, ring('b'));
    expect(opened.ok && opened.dataKey.equals(dataKey)).toBe(true);
    const recovered = openWithRecoveryKey(parsed.manifest.encryption.keys, id, recovery.privateKey);
    expect(recovered.ok && recovered.dataKey.equals(dataKey)).toBe(true);
    expect(JSON.parse(result.content)).toMatchObject({
      later: 'field',
      dump: JSON.parse(content).dump as object,
    });
  });

  it('leaves what is current, and does so a second time', () => {
    const { content } = stored();
    expect(rewrapManifest(content, keys(['a']))).toEqual({ outcome: 'current' });
    const again = rewrapManifest(content, keys(['b', 'a']));
    if (again.outcome !== 'rewrapped') throw new Error(again.outcome);
    expect(rewrapManifest(again.content, keys(['b', 'a']))).toEqual({ outcome: 'current' });
  });

  it('keeps the way to the recovery key where the configuration names none any more', () => {
    const result = rewrapManifest(stored().content, keys(['b', 'a'], ['a'], true));
    expect(result).toMatchObject({
      manifest: { encryption: { keys: [{ key_id: 'b' }, { recipient: 'recovery' }] } },
    });
  });

  it('touches nothing that does not verify or does not open', () => {
    const { content } = stored();
    expect(rewrapManifest(content.replace('"attempt": 1', '"attempt": 2'), keys(['b', 'a']))).toMatchObject({
      outcome: 'failed',
      reason: 'the manifest is not what was signed',
    });
    expect(rewrapManifest(content, keys(['b'], ['a']))).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('the key a'),
    });
  });
});
