import { Router } from 'express';
import type { Pool } from 'pg';
import { sendProblem } from './problem';
import { findWallet } from './wallet-routes';

/** `/api/portfolio/:walletId`: the positions of a wallet at their latest price, the most valuable first. */
export function portfolioRoutes(pool: Pool): Router {
  const router = Router();
  router.get('/:walletId', async (request, response) => {
    const wallet = await findWallet(pool, request.params.walletId);
    if (!wallet) return sendProblem(response, 404, 'wallet_not_found', 'There is no such wallet.');
    response.json({ walletId: wallet.id, positions: await listPositions(pool, wallet.id) });
  });
  return router;
}

async function listPositions(pool: Pool, walletId: string): Promise<unknown[]> {
  const result = await pool.query<Record<string, unknown>>(
    `SELECT symbol, quantity, cost_basis_usd AS "costBasisUsd", price_usd AS "priceUsd",
            priced_at AS "pricedAt", value_usd AS "valueUsd"
     FROM portfolio WHERE wallet_id = $1 ORDER BY value_usd DESC NULLS LAST, symbol`,
    [walletId],
  );
  return result.rows;
}
