import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '@swfx/database';
import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import type { Verdict } from '../catalogue/backups';
import { requestProof } from '../catalogue/proofs';

/** How a proof that was asked for stands; `swfx backup prove --json` prints it. */
export interface ProofReport {
  id: string;
  database: string;
  /** Of before, while it waits or is under way. */
  verdict: Verdict;
  verdict_reason: string | null;
  verdict_at: Date | null;
  proof_seconds: number | null;
  state: 'waiting' | 'running' | 'over';
}

/** Makes a proof of a backup due now, audited in the same transaction; one that is under way is joined. */
export async function askForProof(
  { audit, facts: hints }: Pick<Foundation, 'audit' | 'facts'>,
  request: { id: string; requestedBy: string },
): Promise<void> {
  await audit.transaction(async (client, note) => {
    await requestProof(client, request);
    await note({
      action: 'sensitive_operation_performed',
      outcome: 'success',
      actor: request.requestedBy,
      subject: null,
      operationId: request.id,
      fields: { command: `backup prove ${request.id}`, reason: 'operator_request' },
    });
  });
  await hints.publish(facts.backupProgressed, { backupId: request.id, phase: 'proof_requested' });
}

/** Where a proof stands; undefined when there is no such backup any more. */
export async function readProof(db: Queryable, id: string): Promise<ProofReport | undefined> {
  const { rows } = await db.query<ProofReport>(
    `SELECT id, database, verdict, verdict_reason, verdict_at, proof_seconds,
            CASE WHEN proof_lease_until > clock_timestamp() THEN 'running'
                 WHEN verdict = 'NOT_YET' OR proof_requested_by IS NOT NULL THEN 'waiting' ELSE 'over' END AS state
     FROM backup WHERE id = $1`,
    [id],
  );
  return rows[0];
}

const pollMs = 200;
const patienceMs = 20_000;

/** Follows a proof to its end, or until nothing has taken it for 20 s. */
export async function followProof(
  db: Queryable,
  id: string,
  say: (line: string) => void,
): Promise<ProofReport> {
  const askedAt = performance.now();
  let said = '';
  let taken = false;
  for (;;) {
    const report = await readProof(db, id);
    if (!report) throw new Error(`The backup ${id} was deleted meanwhile.`);
    if (report.state === 'over') return report;
    taken ||= report.state === 'running';
    if (!taken && performance.now() - askedAt > patienceMs)
      throw new Error(`Nothing has taken the proof of ${id} up: is backup-service running?`);
    const line = `${report.database}: ${taken ? 'restoring it into a throwaway server, and comparing' : 'waiting to be taken'}`;
    if (line !== said) say(line);
    said = line;
    await sleep(pollMs);
  }
}
