import { isUuid } from './is-uuid';

/** A movement as a caller may ask for it; `quantity` stays a decimal string, a float would round it. */
export type NewTransaction = {
  walletId: string;
  symbol: string;
  kind: 'deposit' | 'withdrawal' | 'buy' | 'sell';
  quantity: string;
  note: string | null;
};

type Parsed = { ok: true; transaction: NewTransaction } | { ok: false; problems: string[] };

const kinds = ['deposit', 'withdrawal', 'buy', 'sell'];
const decimal = /^(?=.*[1-9])\d{1,18}(\.\d{1,18})?$/;

/** Checks the body of `POST /api/transactions` and names everything that is wrong with it at once. */
export function parseNewTransaction(body: unknown): Parsed {
  if (typeof body !== 'object' || body === null)
    return { ok: false, problems: ['the body must be a JSON object'] };
  const { walletId, symbol, kind, quantity, note = null } = body as Record<string, unknown>;
  const problems: string[] = [];
  if (!isUuid(walletId)) problems.push('walletId must be a uuid');
  if (typeof symbol !== 'string' || !/^\w{1,12}$/.test(symbol)) problems.push('symbol must name a token');
  if (!kinds.includes(kind as string)) problems.push(`kind must be one of ${kinds.join(', ')}`);
  if (typeof quantity !== 'string' || !decimal.test(quantity)) {
    problems.push('quantity must be a positive decimal in a string, with at most 18 digits on either side');
  }
  if (note !== null && !isNote(note)) problems.push('note must be at most 500 characters, without a NUL');
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, transaction: { walletId, symbol, kind, quantity, note } as NewTransaction };
}

/** Postgres cannot store a NUL in text; found here, it is the caller's 400 and not our 500. */
function isNote(note: unknown): boolean {
  return typeof note === 'string' && note.length <= 500 && !note.includes('\0');
}
