import { chooseDatabase } from './choose-database';

const target = (database: string, served = true) => ({ database, served });

describe('chooseDatabase', () => {
  it('takes the only one without being told, and asks where there are more', () => {
    expect(chooseDatabase([target('shop')], undefined)).toEqual({ chosen: true, database: 'shop' });
    expect(chooseDatabase([target('shop'), target('wiki')], undefined)).toMatchObject({
      problem: 'Say which database to back up: shop, wiki.',
    });
    expect(chooseDatabase([target('shop'), target('wiki')], 'wiki')).toMatchObject({ database: 'wiki' });
  });

  it('does not ask for one that was taken out of the configuration', () => {
    const targets = [target('old_name', false), target('shop')];
    expect(chooseDatabase(targets, undefined)).toEqual({ chosen: true, database: 'shop' });
    expect(chooseDatabase(targets, 'old_name')).toMatchObject({
      problem: 'old_name is not a backup target; these are: shop.',
    });
  });

  it('knows what was configured while no service runs', () => {
    expect(chooseDatabase([target('shop', false)], undefined)).toEqual({ chosen: true, database: 'shop' });
    expect(chooseDatabase([], undefined)).toMatchObject({ chosen: false });
  });
});
