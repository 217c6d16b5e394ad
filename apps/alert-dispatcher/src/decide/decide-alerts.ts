/**
 * Decides what was accepted and is undecided yet, oldest first, a batch in one transaction under the destination's
 * lock: two replicas never decide side by side, so that of two like alerts exactly one is the original.
 */
import type { Severity } from '@swfx/alerts';
import { inTransaction, type Pool, type PoolClient } from '@swfx/database';
import { lockDestination, slack } from '../destination-row';
import { decideDelivery, type Decision, type DecisionPolicy, type EarlierAlert } from './decide-delivery';

/** An alert that was decided now. */
export interface DecidedAlert {
  id: string;
  incident: string;
  kind: string;
  severity: Severity;
  decision: Decision;
}

const batchSize = 200;

export async function decideAlerts(pool: Pool, policy: DecisionPolicy): Promise<DecidedAlert[]> {
  if (!(await isAnyUndecided(pool))) return [];
  return inTransaction(pool, async (client) => {
    await lockDestination(client, slack);
    const decided: DecidedAlert[] = [];
    for (const alert of await readUndecided(client)) {
      const earlier = await readEarlier(client, alert, policy.repeatSeconds);
      const decision = decideDelivery(alert, earlier, policy);
      await storeDecision(client, alert.id, decision);
      decided.push({ ...alert, decision });
    }
    return decided;
  });
}

type UndecidedAlert = Omit<DecidedAlert, 'decision' | 'kind'> & {
  kind: Parameters<typeof decideDelivery>[0]['kind'];
  acceptedAt: Date;
};

async function isAnyUndecided(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query('SELECT 1 FROM alert WHERE decided_at IS NULL LIMIT 1');
  return rows.length > 0;
}

async function readUndecided(client: PoolClient): Promise<UndecidedAlert[]> {
  const { rows } = await client.query<UndecidedAlert>(
    `SELECT id, incident, kind, severity, accepted_at AS "acceptedAt" FROM alert
     WHERE decided_at IS NULL ORDER BY accepted_at, id LIMIT $1`,
    [batchSize],
  );
  return rows;
}

async function readEarlier(
  client: PoolClient,
  alert: UndecidedAlert,
  repeatSeconds: number,
): Promise<EarlierAlert[]> {
  const { rows } = await client.query<EarlierAlert>(
    `SELECT alert.id, kind, severity, accepted_at AS "acceptedAt", state
     FROM alert JOIN alert_delivery ON alert_id = alert.id AND destination = $1
     WHERE incident = $2 AND accepted_at > $3::timestamptz - make_interval(secs => $4)
     ORDER BY accepted_at`,
    [slack, alert.incident, alert.acceptedAt, repeatSeconds],
  );
  return rows;
}

async function storeDecision(client: PoolClient, alertId: string, decision: Decision): Promise<void> {
  const suppressed = decision.outcome === 'suppress' ? decision : undefined;
  await client.query('UPDATE alert SET decided_at = clock_timestamp() WHERE id = $1', [alertId]);
  await client.query(
    `INSERT INTO alert_delivery (alert_id, destination, state, reason, detail, finished_at)
     VALUES ($1, $2, $3, $4, $5, CASE WHEN $3 = 'suppressed' THEN clock_timestamp() END)`,
    [alertId, slack, suppressed ? 'suppressed' : 'pending', suppressed?.reason, suppressed?.detail],
  );
}
