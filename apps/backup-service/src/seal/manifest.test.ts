import { parseManifest, serialiseManifest, type Manifest } from './manifest';

const sha256 = 'a'.repeat(64);
const manifest: Manifest = {
  format: 'swfx-backup',
  version: 1,
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
  proof_level: 'rows',
  tables: [{ schema: 'public', name: 'a', rows: 1 }],
  warnings: [],
};

describe('the manifest', () => {
  it('is read as it was written, and ignores fields that it does not know', () => {
    const content = serialiseManifest({ ...manifest, later: 'field' } as Manifest);
    expect(parseManifest(content)).toEqual({ ok: true, manifest });
  });
  it('of a newer version is refused as such', () => {
    const content = JSON.stringify({ ...manifest, version: 2 });
    expect(parseManifest(content)).toMatchObject({ problem: expect.stringContaining('newer release') });
  });
  it.each([
    ['{"format":"swfx', 'not JSON'],
    ['null', 'wrong at /'],
    [JSON.stringify({ ...manifest, tables: [{ schema: 'public', name: 'a', rows: -1 }] }), '/tables/0/rows'],
    [JSON.stringify({ ...manifest, encryption: { key: 'k' } }), '/encryption'],
  ])('that is damaged is refused: %.20s', (content, problem) => {
    expect(parseManifest(content)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
  });
});
