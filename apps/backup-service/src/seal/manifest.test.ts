import { parseKeyRing, Secret } from '@swfx/config';
import { parseManifest, sealManifest, serialiseManifest, type Manifest } from './manifest';

const sha256 = 'a'.repeat(64);
const manifest: Manifest = {
  format: 'swfx-backup',
  version: 2,
  id: '6f1e6f0e-2a0b-4c6e-9d8e-0a1b2c3d4e5f',
  database: 'platform',
  attempt: 1,
  started_at: '2026-01-01T02:00:00.000Z',
  snapshot_at: '2026-01-01T02:00:01.000Z',
  finished_at: '2026-01-01T02:00:09.000Z',
  source: {
    database: 'platform',
    system_identifier: '7713004863398837083',
    server_version: '15.18',
    server_major: 15,
    encoding: 'UTF8',
    size_bytes: 10,
    extensions: [],
    roles: ['postgres'],
    properties: null,
  },
  programs: { pg_dump: '15.18' },
  dump: {
    file: 'dump.pgdump.zst',
    format: 'pg_dump custom',
    compression: 'zstd',
    dumped_bytes: 2,
    dumped_sha256: sha256,
    stored_bytes: 1,
    stored_sha256: sha256,
  },
  encryption: null,
  fingerprint_version: 1,
  proof_level: 'rows',
  tables: [{ schema: 'public', name: 'a', rows: 1 }],
  content: null,
  warnings: [],
  signature: null,
};

describe('the manifest', () => {
  it('is read as it was written, and ignores fields that it does not know', () => {
    const content = serialiseManifest({ ...manifest, later: 'field' } as Manifest);
    expect(parseManifest(content, undefined)).toEqual({ ok: true, manifest });
  });
  it('of a newer version is refused as such', () => {
    const content = JSON.stringify({ ...manifest, version: 4 });
    expect(parseManifest(content, undefined)).toMatchObject({
      beyond: true,
      problem: expect.stringContaining('newer release'),
    });
  });
  it.each([
    ['{"format":"swfx', 'not JSON'],
    ['null', 'wrong at /'],
    [JSON.stringify({ ...manifest, tables: [{ schema: 'public', name: 'a', rows: -1 }] }), '/tables/0/rows'],
    [JSON.stringify({ ...manifest, encryption: { key: 'k' } }), '/encryption'],
  ])('that is damaged is refused: %.20s', (content, problem) => {
    expect(parseManifest(content, undefined)).toMatchObject({
      ok: false,
      problem: expect.stringContaining(problem),
    });
  });
});

describe('the signature of a manifest', () => {
  const ring = (...ids: string[]) =>
    parseKeyRing(new Secret(ids.map((id) => `${id}:${Buffer.alloc(32, id).toString('base64')}`).join(',')));
  const content = serialiseManifest(sealManifest(manifest, ring('a')));
  const read = (text: string, keys = ring('a')) => parseManifest(text, keys);

  it('holds however the file is indented, with fields of a later release, and after the key was rotated', () => {
    const later = sealManifest({ ...manifest, later: { b: 1, a: ['ä'] } } as unknown as Manifest, ring('a'));
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(later).reverse()));
    expect(read(reordered)).toMatchObject({ ok: true, manifest: { id: manifest.id } });
    expect(read(content, ring('b', 'a'))).toMatchObject({ ok: true });
  });

  it.each([
    ['one field was changed', content.replace('"rows": 1', '"rows": 2'), 'not what was signed'],
    ['a field was added', content.replace('{', '{ "extra": 1,'), 'not what was signed'],
    ['the signature was cut', content.replace(/"value": "[^"]{8}/, '"value": "'), 'not what was signed'],
    ['it was never signed', serialiseManifest(manifest), 'is not signed'],
  ])('fails when %s', (_, text, problem) => {
    expect(read(text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });

  it('fails for a stranger who signs with a key of his own under our name for it', () => {
    const forger = parseKeyRing(new Secret(`a:${Buffer.alloc(32, 9).toString('base64')}`));
    expect(read(serialiseManifest(sealManifest(manifest, forger)))).toMatchObject({ ok: false });
    expect(read(serialiseManifest(sealManifest(manifest, ring('c'))))).toMatchObject({
      beyond: true,
      problem: expect.stringContaining('the key c, which BACKUP_SIGNING_KEYS does not have'),
    });
  });
});
