import { Router } from 'express';
import type { Pool } from 'pg';
import { limitRule, parseLimit } from './page-limit';
import { sendProblem } from './problem';

/** `/api/tokens`: all tokens, and the newest prices of one. */
export function tokenRoutes(pool: Pool): Router {
  const router = Router();

  router.get('/', async (_request, response) => {
    response.json({ tokens: await listTokens(pool) });
  });

  router.get('/:symbol/prices', async (request, response) => {
    const limit = parseLimit(request.query['limit']);
    if (!limit) return sendProblem(response, 400, 'invalid_query', limitRule);
    const tokenId = await findTokenId(pool, request.params.symbol);
    if (!tokenId) return sendProblem(response, 404, 'token_not_found', 'There is no such token.');
    response.json({ prices: await listPrices(pool, tokenId, limit) });
  });

  return router;
}

/** The key of the token with this symbol, in whatever case it is written. */
export async function findTokenId(pool: Pool, symbol: string): Promise<number | undefined> {
  const result = await pool.query<{ id: number }>('SELECT id FROM tokens WHERE symbol = upper($1)', [symbol]);
  return result.rows[0]?.id;
}

async function listTokens(pool: Pool): Promise<unknown[]> {
  const result = await pool.query<Record<string, unknown>>(
    'SELECT symbol, name, chain, decimals, metadata, listed_on::text AS "listedOn" FROM tokens ORDER BY symbol',
  );
  return result.rows;
}

async function listPrices(pool: Pool, tokenId: number, limit: number): Promise<unknown[]> {
  const result = await pool.query<Record<string, unknown>>(
    `SELECT observed_at AS "observedAt", price_usd AS "priceUsd", volume_usd AS "volumeUsd"
     FROM price_points WHERE token_id = $1 ORDER BY observed_at DESC LIMIT $2`,
    [tokenId, limit],
  );
  return result.rows;
}
