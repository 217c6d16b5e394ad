import type { Client } from 'pg';
import { openSession } from '../postgres-client/open-session';
import type { ServerAddress } from '../postgres-client/server-address';
import type { DatabaseNames } from './database-names';
import type { TableWrites, UndoFacts } from './plan-undo';
import { listDatabases, swapDatabases } from './swap-databases';

/** Swaps back; done already by an attempt that died, it does nothing. The new database is kept beside. */
export async function undoRestore(session: Client, names: DatabaseNames): Promise<void> {
  const { live, beside, kept } = names;
  const there = await listDatabases(session, [live, beside, kept]);
  if (there.has(live) && there.has(beside) && !there.has(kept)) return;
  await swapDatabases(session, { live, incoming: kept, aside: beside });
}

/** What the plan of an undo rests on. */
export async function gatherUndoFacts(
  session: Client,
  about: { names: DatabaseNames; address: ServerAddress; superseded: boolean; signal: AbortSignal },
): Promise<UndoFacts> {
  const { live, kept } = about.names;
  const there = await listDatabases(session, [live, kept]);
  const { rows } = await session.query<{ sessions: number; prepared: string[] }>(
    `SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend') AS sessions,
            ARRAY(SELECT gid FROM pg_prepared_xacts WHERE database = $1 ORDER BY 1) AS prepared`,
    [live],
  );
  const [{ sessions, prepared }] = rows as [{ sessions: number; prepared: string[] }];
  return {
    keptIsThere: there.has(kept),
    liveIsThere: there.has(live),
    superseded: about.superseded,
    preparedTransactions: prepared,
    sessions,
    writes: there.has(live) ? await readWrites({ ...about.address, database: live }, about.signal) : [],
  };
}

async function readWrites(address: ServerAddress, signal: AbortSignal): Promise<TableWrites[]> {
  const inside = await openSession(address, signal);
  try {
    const { rows } = await inside.query<TableWrites>(
      `SELECT format('%I.%I', schemaname, relname) AS table, n_tup_ins::float8 AS inserted,
              n_tup_upd::float8 AS updated, n_tup_del::float8 AS deleted
       FROM pg_stat_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
       ORDER BY n_tup_ins + n_tup_upd + n_tup_del DESC, 1`,
    );
    return rows;
  } finally {
    await inside.end().catch(() => undefined);
  }
}
