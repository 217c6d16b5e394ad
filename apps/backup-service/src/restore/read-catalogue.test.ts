import type { Manifest } from '../seal/manifest';
import { chooseFound, type StoredCatalogue } from './read-catalogue';

const found = (id: string, database: string) => ({
  location: id,
  manifest: { id, database } as Manifest,
});
const catalogue = (...backups: ReturnType<typeof found>[]): StoredCatalogue => ({ backups, unreadable: [] });
const both = catalogue(found('b2', 'shop'), found('c1', 'bank'), found('b1', 'shop'));

describe('chooseFound', () => {
  it('takes the newest of the only database, or of the named one, or the one whose id begins so', () => {
    expect(chooseFound(catalogue(found('b2', 'shop'), found('b1', 'shop')), undefined)).toMatchObject({
      backup: { location: 'b2' },
    });
    expect(chooseFound(both, 'bank')).toMatchObject({ backup: { location: 'c1' } });
    expect(chooseFound(both, 'B1')).toMatchObject({ backup: { location: 'b1' } });
  });

  it('says what it lacks', () => {
    expect(chooseFound(catalogue(), undefined)).toEqual({
      chosen: false,
      problem: 'there is no backup in this storage',
    });
    expect(chooseFound(both, undefined)).toEqual({
      chosen: false,
      problem: 'say of which database: bank, shop',
    });
    expect(chooseFound(both, 'x')).toMatchObject({ problem: 'there is no backup x in this storage' });
  });
});
