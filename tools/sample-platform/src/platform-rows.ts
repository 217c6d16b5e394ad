/**
 * The platform's rows, made inside Postgres by arithmetic and md5 of their own numbers.
 * Neither random() nor now() nor floating point is used, so every load on every machine and every version
 * of Postgres gives the same bytes; the content hash in the tests depends on it. Names and notes hold the
 * characters that careless dumps and restores damage: accents, other scripts, quotes, tabs, backslashes.
 */

/** A whole number in [0, below), fixed by its seed. It lives in pg_temp, so nothing of it stays behind. */
export const createPickSql = /* sql */ `
CREATE FUNCTION pg_temp.pick(seed text, below bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
AS $$ SELECT ('x' || substr(md5(seed), 1, 12))::bit(48)::bigint % below $$;
`;

const usersSql = /* sql */ `
INSERT INTO users (id, email, display_name, country, status, preferences, created_at)
SELECT n,
       'user' || n || '@example.com',
       (ARRAY['Zoë', 'Łukasz', 'Aisha', 'Björn', '李雷', 'Siobhán', 'Émile', 'Nguyễn', 'Olga', 'João'])[1 + n % 10]
         || ' ' ||
       (ARRAY['O''Brien', 'Müller', 'Kowalski', 'García', 'Åberg', 'Иванова', 'Smith'])[1 + n % 7],
       (ARRAY['DE', 'FR', 'PL', 'SE', 'IE', 'PT', 'ES', 'NL'])[1 + pg_temp.pick('country:' || n, 8)],
       CASE WHEN n % 97 = 0 THEN 'closed' WHEN n % 41 = 0 THEN 'suspended' ELSE 'active' END,
       jsonb_build_object(
         'currency', (ARRAY['EUR', 'USD', 'PLN', 'SEK'])[1 + n % 4],
         'notifications', jsonb_build_object('email', n % 2 = 0, 'push', n % 3 = 0)),
       timestamptz '2024-01-01 00:00:00+00' + n * interval '4 hours'
FROM generate_series(1, 2000) AS n;
SELECT setval(pg_get_serial_sequence('users', 'id'), 2000);
`;

const tokensSql = /* sql */ `
INSERT INTO tokens (id, symbol, name, chain, decimals, metadata, listed_on)
SELECT id, symbol, name, chain, decimals,
       jsonb_build_object('category', category, 'referencePriceUsd', price::text),
       date '2020-01-01' + id * 17
FROM (VALUES
  (1, 'BTC', 'Bitcoin', 'bitcoin', 8, 'coin', 64250.00), (2, 'ETH', 'Ether', 'ethereum', 18, 'coin', 3420.00),
  (3, 'USDC', 'USD Coin', 'ethereum', 6, 'stablecoin', 1.00), (4, 'USDT', 'Tether', 'ethereum', 6, 'stablecoin', 1.00),
  (5, 'DAI', 'Dai', 'ethereum', 18, 'stablecoin', 1.00), (6, 'SOL', 'Solana', 'solana', 9, 'coin', 148.30),
  (7, 'ADA', 'Cardano', 'cardano', 6, 'coin', 0.452), (8, 'DOT', 'Polkadot', 'polkadot', 10, 'coin', 6.81),
  (9, 'AVAX', 'Avalanche', 'avalanche', 18, 'coin', 28.75), (10, 'MATIC', 'Polygon', 'polygon', 18, 'coin', 0.573),
  (11, 'LINK', 'Chainlink', 'ethereum', 18, 'oracle', 14.22), (12, 'UNI', 'Uniswap', 'ethereum', 18, 'defi', 7.95),
  (13, 'AAVE', 'Aave', 'ethereum', 18, 'defi', 96.40), (14, 'MKR', 'Maker', 'ethereum', 18, 'defi', 2480.00),
  (15, 'COMP', 'Compound', 'ethereum', 18, 'defi', 51.70), (16, 'CRV', 'Curve', 'ethereum', 18, 'defi', 0.291),
  (17, 'SNX', 'Synthetix', 'ethereum', 18, 'defi', 1.88), (18, 'LDO', 'Lido', 'ethereum', 18, 'defi', 1.79),
  (19, 'RPL', 'Rocket Pool', 'ethereum', 18, 'defi', 19.60), (20, 'GRT', 'The Graph', 'ethereum', 18, 'data', 0.204),
  (21, 'ATOM', 'Cosmos', 'cosmos', 6, 'coin', 6.63), (22, 'OSMO', 'Osmosis', 'cosmos', 6, 'defi', 0.515),
  (23, 'NEAR', 'Near', 'near', 18, 'coin', 5.12), (24, 'ALGO', 'Algorand', 'algorand', 6, 'coin', 0.139),
  (25, 'XLM', 'Stellar', 'stellar', 7, 'coin', 0.0914), (26, 'XTZ', 'Tezos', 'tezos', 6, 'coin', 0.786),
  (27, 'FIL', 'Filecoin', 'filecoin', 18, 'storage', 4.38), (28, 'AR', 'Arweave', 'arweave', 12, 'storage', 27.90),
  (29, 'ARB', 'Arbitrum', 'arbitrum', 18, 'coin', 0.803), (30, 'OP', 'Optimism', 'optimism', 18, 'coin', 1.83),
  (31, 'SUI', 'Sui', 'sui', 9, 'coin', 0.902), (32, 'APT', 'Aptos', 'aptos', 8, 'coin', 7.11),
  (33, 'INJ', 'Injective', 'injective', 18, 'defi', 22.80), (34, 'RUNE', 'THORChain', 'thorchain', 8, 'defi', 4.21),
  (35, 'ENS', 'Ethereum Name Service', 'ethereum', 18, 'data', 24.10), (36, 'BAL', 'Balancer', 'ethereum', 18, 'defi', 2.56),
  (37, 'YFI', 'yearn', 'ethereum', 18, 'defi', 6340.00), (38, 'SHIB', 'Shiba Inu', 'ethereum', 18, 'meme', 0.0000174),
  (39, 'DOGE', 'Dogecoin', 'dogecoin', 8, 'meme', 0.1225), (40, 'PEPE', 'Pepe', 'ethereum', 18, 'meme', 0.00001146)
) AS token (id, symbol, name, chain, decimals, category, price);
`;

const walletsSql = /* sql */ `
INSERT INTO wallets (id, user_id, label, address, created_at, archived_at)
SELECT md5('wallet:' || n)::uuid,
       1 + n % 2000,
       (ARRAY['Savings', 'Trading', 'Épargne', '冷钱包', 'Rainy day'])[1 + n % 5] || ' #' || n,
       '0x' || substr(encode(sha256(convert_to('address:' || n, 'UTF8')), 'hex'), 1, 40),
       timestamptz '2024-12-01 00:00:00+00' + n * interval '10 minutes',
       CASE WHEN n % 131 = 0 THEN timestamptz '2025-02-01 00:00:00+00' + n * interval '1 minute' END
FROM generate_series(1, 4000) AS n;
`;

/** 1,500 hours of prices for each token: a slow wave with some noise, nearly flat for a stablecoin. */
const pricePointsSql = /* sql */ `
INSERT INTO price_points (token_id, observed_at, price_usd, volume_usd)
SELECT token.id,
       timestamptz '2025-01-01 00:00:00+00' + hour * interval '1 hour',
       round(reference * (1 + swing * (abs((hour + token.id * 29) % 336 - 168) - 84
                                       + pg_temp.pick('price:' || token.id || ':' || hour, 41) - 20)), 18),
       pg_temp.pick('volume:' || token.id || ':' || hour, 900000000)::numeric / 100 + 10000
FROM (SELECT id, (metadata ->> 'referencePriceUsd')::numeric AS reference,
             CASE metadata ->> 'category' WHEN 'stablecoin' THEN 0.00002 WHEN 'meme' THEN 0.004 ELSE 0.0015 END AS swing
      FROM tokens) AS token
CROSS JOIN generate_series(0, 1499) AS hour
ORDER BY token.id, hour;
`;

/** Two or three tokens a wallet; 13 is coprime to 40, so a wallet never gets the same token twice. */
const positionsSql = /* sql */ `
INSERT INTO positions (wallet_id, token_id, quantity, cost_basis_usd, opened_at)
SELECT md5('wallet:' || wallet)::uuid,
       token.id,
       round(worth / reference, 18),
       round(worth * (80 + pg_temp.pick('basis:' || n, 40)) / 100, 2),
       timestamptz '2025-01-01 00:00:00+00' + n * interval '7 minutes'
FROM (SELECT n, 1 + n % 4000 AS wallet, 1 + (n % 4000 * 7 + n / 4000 * 13) % 40 AS token_id,
             (pg_temp.pick('worth:' || n, 5000000) + 100)::numeric / 100 AS worth
      FROM generate_series(0, 9999) AS n) AS holding
JOIN (SELECT id, (metadata ->> 'referencePriceUsd')::numeric AS reference FROM tokens) AS token
  ON token.id = holding.token_id;
`;

/**
 * One transaction every 27 seconds through the same 1,500 hours, at the price of its hour.
 * Every 997th reverses the one before it and so repeats its wallet, token, amount and price.
 */
const transactionsSql = /* sql */ `
INSERT INTO transactions (id, wallet_id, token_id, kind, status, quantity, price_usd, fee_usd, chain_hash,
                          reverses_id, note, metadata, occurred_at)
SELECT n,
       md5('wallet:' || wallet)::uuid,
       price.token_id,
       CASE WHEN n % 997 = 0 THEN 'reversal' WHEN n % 50 = 0 THEN 'fee'
            ELSE (ARRAY['deposit', 'withdrawal', 'buy', 'sell', 'buy'])[1 + n % 5] END::transaction_kind,
       CASE WHEN n > 199900 THEN 'pending' WHEN n % 211 = 0 THEN 'failed' ELSE 'confirmed' END,
       round(worth / price.price_usd, 18),
       price.price_usd,
       round(worth / 1000, 2),
       CASE WHEN n <= 199900 THEN sha256(convert_to('transaction:' || n, 'UTF8')) END,
       CASE WHEN n % 997 = 0 THEN n - 1 END,
       CASE n % 500 WHEN 1 THEN E'Invoice\\t' || n || E'\\nsecond line' WHEN 2 THEN E'C:\\\\exports\\\\' || n || '.csv'
                    WHEN 3 THEN 'Zażółć "gęślą" jaźń; 100 % – ' || n WHEN 4 THEN '' END,
       jsonb_build_object('block', 19000000 + n / 4, 'channel', (ARRAY['app', 'web', 'api'])[1 + n % 3]),
       timestamptz '2025-01-01 00:00:00+00' + n * interval '27 seconds'
FROM (SELECT n, wallet, 1 + (wallet * 7 + like_n % 2 * 13) % 40 AS token_id,
             timestamptz '2025-01-01 00:00:00+00' + like_n * 27 / 3600 * interval '1 hour' AS hour,
             (pg_temp.pick('amount:' || like_n, 250000) + 100)::numeric / 100 AS worth
      FROM (SELECT n, like_n, 1 + pg_temp.pick('owner:' || like_n, 4000) AS wallet
            FROM (SELECT n, n - (n % 997 = 0)::integer AS like_n FROM generate_series(1, 200000) AS n) AS numbered
           ) AS owned
     ) AS movement
JOIN price_points AS price
  ON price.token_id = movement.token_id
 AND price.observed_at = least(movement.hour, timestamptz '2025-03-04 11:00:00+00')
ORDER BY n;
SELECT setval('transaction_number', 200000);
`;

/** The statements that fill each table, in the order in which rows refer to each other. */
export const platformRows: readonly { table: string; sql: string }[] = [
  { table: 'users', sql: usersSql },
  { table: 'tokens', sql: tokensSql },
  { table: 'wallets', sql: walletsSql },
  { table: 'price_points', sql: pricePointsSql },
  { table: 'positions', sql: positionsSql },
  { table: 'transactions', sql: transactionsSql },
];
