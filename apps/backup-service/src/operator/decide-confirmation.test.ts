import { decideConfirmation } from './decide-confirmation';

const facts = { environment: 'development', database: 'shop', yes: false, typed: undefined, terminal: false };

describe('decideConfirmation', () => {
  it('takes the typed name of the database everywhere', () => {
    for (const environment of ['development', 'production'])
      expect(decideConfirmation({ ...facts, environment, typed: 'shop' })).toEqual({ confirmed: true });
  });

  it('takes --yes, but not in production', () => {
    expect(decideConfirmation({ ...facts, yes: true })).toEqual({ confirmed: true });
    expect(decideConfirmation({ ...facts, yes: true, environment: 'production' })).toEqual({
      confirmed: false,
      because: 'it was not confirmed; add --confirm shop',
    });
  });

  it('asks where there is somebody to ask, and says how to confirm where there is nobody', () => {
    expect(decideConfirmation({ ...facts, terminal: true })).toMatchObject({
      ask: 'Type the name of the database (shop) to go on: ',
    });
    expect(decideConfirmation(facts)).toEqual({
      confirmed: false,
      because: 'it was not confirmed; add --yes',
    });
  });

  it('takes no other name for it', () => {
    expect(decideConfirmation({ ...facts, typed: 'yes', yes: true })).toEqual({
      confirmed: false,
      because: 'yes is not shop; nothing was done',
    });
  });
});
