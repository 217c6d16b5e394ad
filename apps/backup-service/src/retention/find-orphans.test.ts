import { findOrphans, listAttemptFolders } from './find-orphans';

const run = (n: number) => `0190a0b0-0000-4000-8000-00000000000${n}`;
const folder = (n: number, attempt = 1) => `shop/20261127T020000Z-${run(n)}.${attempt}`;
const objects = [
  { key: `${folder(1)}/dump.pgdump.zst`, sizeBytes: 10 },
  { key: `${folder(1)}/manifest.json`, sizeBytes: 1 },
  { key: `${folder(2)}/dump.pgdump.zst.partial`, sizeBytes: 7 },
  { key: `${folder(3)}/dump.pgdump.zst`, sizeBytes: 5 },
  { key: `${folder(4)}/manifest.json.partial`, sizeBytes: 2 },
  { key: 'shop/readme.txt', sizeBytes: 3 },
  { key: 'elsewhere', sizeBytes: 3 },
];

describe('listAttemptFolders', () => {
  it('knows the folders of attempts, and leaves alone what is named otherwise', () => {
    expect(listAttemptFolders(objects)).toEqual([
      { location: folder(1), runId: run(1), sizeBytes: 11, hasManifest: true },
      { location: folder(2), runId: run(2), sizeBytes: 7, hasManifest: false },
      { location: folder(3), runId: run(3), sizeBytes: 5, hasManifest: false },
      { location: folder(4), runId: run(4), sizeBytes: 2, hasManifest: false },
    ]);
  });
});

describe('findOrphans', () => {
  it('names folders without a manifest that no open run and no catalogue entry explains', () => {
    const known = { catalogued: new Set([folder(4)]), openRuns: new Set([run(3)]) };
    expect(findOrphans(listAttemptFolders(objects), known).map(({ location }) => location)).toEqual([
      folder(2),
    ]);
  });
});
