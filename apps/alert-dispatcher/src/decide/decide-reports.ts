/**
 * Decides what was accepted, oldest first, a batch in one transaction: a fold of the reports over the incidents that
 * are open, whose results are the new incidents, what became of each report, and what is owed to which destination.
 */
import { randomUUID } from 'node:crypto';
import { inTransaction, type Pool, type PoolClient } from '@swfx/database';
import { policyOf } from './alert-policies';
import { decideReport, type Incident, type ReportDecision, type ReportPolicy } from './decide-report';
import {
  expireIncidents,
  isAnythingUndecided,
  lockDecisions,
  readOpen,
  readUndecided,
  storeDecisions,
  storeIncidents,
  storeNotices,
  type UndecidedReport,
} from './incident-rows';
import { reconcileTold, type Reconciled } from '../outage/told-in-outage';
import type { Told } from '../outage/plan-held';
import { routesOf, type RoutePolicy } from './routes';

/** A report that was decided now; `disabled`: there is nowhere to tell of it. */
export interface DecidedReport {
  report: UndecidedReport;
  decision: ReportDecision['decision'] | 'disabled';
}

const batchSize = 1_000;

/** What one call decided. */
export interface DecidedBatch {
  decided: DecidedReport[];
  /** Incidents whose time was over. */
  expired: string[];
  /** What had been told of these reports while Postgres was away. */
  reconciled: Reconciled;
}

const nothing: DecidedBatch = { decided: [], expired: [], reconciled: { fields: [], possibleDuplicates: 0 } };

/** Decides one batch, and ends the incidents whose time is over. */
export async function decideReports(
  pool: Pool,
  policy: ReportPolicy & RoutePolicy,
  told: Told,
): Promise<DecidedBatch> {
  if (told.size === 0 && !(await isAnythingUndecided(pool))) return nothing;
  return inTransaction(pool, async (client) => {
    await lockDecisions(client);
    const decided = await decideBatch(client, policy);
    const reconciled = await reconcileTold(client, told);
    // After all of them: a report that came in time keeps its incident alive, however late it is decided.
    const isLast = decided.length < batchSize;
    return { decided, reconciled, expired: isLast ? await expireIncidents(client) : [] };
  });
}

async function decideBatch(client: PoolClient, policy: ReportPolicy & RoutePolicy): Promise<DecidedReport[]> {
  const reports = await readUndecided(client, batchSize);
  if (reports.length === 0) return [];
  const open = await readOpen(client, [...new Set(reports.map(({ key }) => key))]);
  const fold = foldReports(reports, open, policy, randomUUID);
  await storeIncidents(client, fold.incidents);
  await storeDecisions(
    client,
    fold.decided.map(({ report, decision, incidentId }) => ({ id: report.id, decision, incidentId })),
  );
  await storeNotices(client, fold.notices);
  return fold.decided;
}

/** What a batch of reports makes of the open incidents. Pure but for the new ids. */
export function foldReports(
  reports: readonly UndecidedReport[],
  open: readonly Incident[],
  policy: ReportPolicy & RoutePolicy,
  newId: () => string,
) {
  const current = new Map(open.map((incident) => [incident.key, incident]));
  const changed = new Map<string, Incident>();
  const decided: (DecidedReport & { incidentId: string | null })[] = [];
  const notices: Parameters<typeof storeNotices>[1][number][] = [];
  for (const report of reports) {
    const { decision, incident } = decideReport(report, current.get(report.key), policy, newId());
    const targets = incident && decision !== 'repeated' ? routesOf({ ...report, ...incident }, policy) : [];
    const isDisabled = decision === 'opened' && targets.length === 0;
    decided.push({ report, decision: isDisabled ? 'disabled' : decision, incidentId: incident?.id ?? null });
    if (!incident) continue;
    changed.set(incident.id, incident);
    if (incident.state === 'firing') current.set(incident.key, incident);
    else current.delete(incident.key);
    // What grows worse may concern more destinations; what ends, none that has not heard of it.
    if (incident.state !== 'firing') continue;
    const holdSeconds = policyOf(incident.kind).holdSeconds ?? 0;
    for (const target of targets) notices.push({ ...target, incidentId: incident.id, holdSeconds });
  }
  return { incidents: [...changed.values()], decided, notices };
}
