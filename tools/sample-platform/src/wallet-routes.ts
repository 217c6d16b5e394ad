import { Router } from 'express';
import type { Pool } from 'pg';
import { isUuid } from './is-uuid';
import { limitRule, parseLimit } from './page-limit';
import { sendProblem } from './problem';

type Wallet = { id: string; userId: string; label: string; address: string; createdAt: Date };

const walletColumns =
  'id, user_id AS "userId", label, address, created_at AS "createdAt", archived_at AS "archivedAt"';

/** `/api/wallets`: the list in pages, one wallet, and the newest transactions of one wallet. */
export function walletRoutes(pool: Pool): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const limit = parseLimit(request.query['limit']);
    const cursor = request.query['cursor'];
    if (!limit) return sendProblem(response, 400, 'invalid_query', limitRule);
    if (cursor !== undefined && !isUuid(cursor)) {
      return sendProblem(response, 400, 'invalid_query', 'cursor must be the nextCursor of an earlier page.');
    }
    const wallets = await listWallets(pool, limit, cursor);
    response.json({ wallets, nextCursor: wallets.length === limit ? wallets.at(-1)?.id : null });
  });

  router.get('/:id', async (request, response) => {
    const wallet = await findWallet(pool, request.params.id);
    if (!wallet) return sendProblem(response, 404, 'wallet_not_found', 'There is no such wallet.');
    response.json(wallet);
  });

  router.get('/:id/transactions', async (request, response) => {
    const limit = parseLimit(request.query['limit']);
    if (!limit) return sendProblem(response, 400, 'invalid_query', limitRule);
    const wallet = await findWallet(pool, request.params.id);
    if (!wallet) return sendProblem(response, 404, 'wallet_not_found', 'There is no such wallet.');
    response.json({ transactions: await listTransactions(pool, wallet.id, limit) });
  });

  return router;
}

/** One wallet, or undefined; an id that is no uuid is simply not the id of a wallet. */
export async function findWallet(pool: Pool, id: string): Promise<Wallet | undefined> {
  if (!isUuid(id)) return undefined;
  const result = await pool.query<Wallet>(`SELECT ${walletColumns} FROM wallets WHERE id = $1`, [id]);
  return result.rows[0];
}

/** A page by key and not by offset: it costs the same at the end of the list as at its start. */
async function listWallets(pool: Pool, limit: number, after?: string): Promise<Wallet[]> {
  const result = await pool.query<Wallet>(
    `SELECT ${walletColumns} FROM wallets WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2`,
    [after ?? null, limit],
  );
  return result.rows;
}

async function listTransactions(pool: Pool, walletId: string, limit: number): Promise<unknown[]> {
  const result = await pool.query<Record<string, unknown>>(
    `SELECT transaction.id, token.symbol, transaction.kind, transaction.status, transaction.quantity,
            transaction.price_usd AS "priceUsd", transaction.fee_usd AS "feeUsd",
            encode(transaction.chain_hash, 'hex') AS "chainHash", transaction.reverses_id AS "reversesId",
            transaction.note, transaction.metadata, transaction.occurred_at AS "occurredAt"
     FROM transactions AS transaction
     JOIN tokens AS token ON token.id = transaction.token_id
     WHERE transaction.wallet_id = $1 ORDER BY transaction.id DESC LIMIT $2`,
    [walletId, limit],
  );
  return result.rows;
}
