import { Router, json } from 'express';
import type { Pool } from 'pg';
import { parseNewTransaction, type NewTransaction } from './parse-new-transaction';
import { sendProblem } from './problem';
import { findTokenId } from './token-routes';
import { findWallet } from './wallet-routes';

/** `POST /api/transactions`: writes a movement and its position, both or neither. */
export function transactionRoutes(pool: Pool): Router {
  const router = Router();
  router.post('/', json({ limit: '16kb' }), async (request, response) => {
    const parsed = parseNewTransaction(request.body);
    if (!parsed.ok) return sendProblem(response, 400, 'invalid_body', `${parsed.problems.join('; ')}.`);
    const outcome = await recordTransaction(pool, parsed.transaction);
    if ('id' in outcome) response.status(201).json({ ...outcome, ...parsed.transaction, status: 'pending' });
    else sendProblem(response, outcome.status, outcome.code, outcome.detail);
  });
  return router;
}

type Refusal = { status: number; code: string; detail: string };

async function recordTransaction(pool: Pool, transaction: NewTransaction): Promise<{ id: string } | Refusal> {
  const wallet = await findWallet(pool, transaction.walletId);
  if (!wallet) return { status: 404, code: 'wallet_not_found', detail: 'There is no such wallet.' };
  const tokenId = await findTokenId(pool, transaction.symbol);
  if (!tokenId) return { status: 404, code: 'token_not_found', detail: 'There is no such token.' };
  const id = await insertTransaction(pool, tokenId, transaction);
  return id
    ? { id }
    : { status: 409, code: 'insufficient_quantity', detail: 'The wallet does not hold so much.' };
}

/**
 * One statement, so it needs no transaction of its own: the movement is inserted only if the position could be
 * changed. What leaves a wallet must be there; the row lock of the UPDATE makes two withdrawals take turns.
 */
async function insertTransaction(pool: Pool, tokenId: number, transaction: NewTransaction) {
  const incoming = transaction.kind === 'deposit' || transaction.kind === 'buy';
  const result = await pool.query<{ id: string }>(
    `WITH moved AS (${incoming ? addToPositionSql : takeFromPositionSql})
     INSERT INTO transactions (wallet_id, token_id, kind, quantity, note, price_usd)
     SELECT $1, $2, $4::transaction_kind, $3, $5::text,
            (SELECT price_usd FROM price_points WHERE token_id = $2 ORDER BY observed_at DESC LIMIT 1)
     FROM moved RETURNING id`,
    [transaction.walletId, tokenId, transaction.quantity, transaction.kind, transaction.note],
  );
  return result.rows[0]?.id;
}

const addToPositionSql = /* sql */ `
INSERT INTO positions (wallet_id, token_id, quantity) VALUES ($1::uuid, $2::integer, $3::numeric)
ON CONFLICT (wallet_id, token_id) DO UPDATE SET quantity = positions.quantity + excluded.quantity
RETURNING 1`;

const takeFromPositionSql = /* sql */ `
UPDATE positions SET quantity = quantity - $3::numeric
WHERE wallet_id = $1::uuid AND token_id = $2::integer AND quantity >= $3::numeric
RETURNING 1`;
