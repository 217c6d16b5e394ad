import { parseNewTransaction } from './parse-new-transaction';

const valid = {
  walletId: '7ba41b7d-f822-09cd-c928-011f0f14714f',
  symbol: 'ETH',
  kind: 'deposit',
  quantity: '0.000000000000000001',
};

describe('parseNewTransaction', () => {
  it('keeps the quantity as the decimal string that it came as', () => {
    expect(parseNewTransaction(valid)).toEqual({ ok: true, transaction: { ...valid, note: null } });
  });

  it.each(['0', '0.0', '-1', '1e5', '.5', '1.', '1,5', ' 1', '1234567890123456789', '0.1234567890123456789'])(
    'refuses the quantity %p',
    (quantity) => {
      expect(parseNewTransaction({ ...valid, quantity })).toMatchObject({ ok: false });
    },
  );

  it('refuses a number as quantity, because it has been rounded already', () => {
    expect(parseNewTransaction({ ...valid, quantity: 1.5 })).toMatchObject({ ok: false });
  });

  it('refuses a note with a NUL, which Postgres cannot store', () => {
    expect(parseNewTransaction({ ...valid, note: 'a\0b' })).toMatchObject({ ok: false });
  });

  it('names every problem at once', () => {
    const parsed = parseNewTransaction({
      walletId: 1,
      symbol: "x'; --",
      kind: 'reversal',
      quantity: '',
      note: 7,
    });
    expect(parsed).toMatchObject({ ok: false, problems: { length: 5 } });
  });

  it.each([undefined, null, 'text', 7])('refuses the body %p', (body) => {
    expect(parseNewTransaction(body)).toMatchObject({ ok: false });
  });
});
