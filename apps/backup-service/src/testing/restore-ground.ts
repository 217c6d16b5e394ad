import { facts } from '@swfx/messaging';
import { waitUntil } from '@swfx/testkit';
import { askForStep, requestRestore, type RestoreStep } from '../catalogue/restores';
import type { TestGround } from './start-test-service';

export interface RestoreRow {
  id: string;
  state: string;
  asked: string | null;
  phase: string | null;
  plan: {
    decision: string;
    obstacles: { kind: string; sentence: string }[];
    notes: string[];
    steps: string[];
  };
  undo_plan: { decision: string; obstacles: string[]; notes: string[]; writes: unknown[] } | null;
  live_name: string;
  beside_name: string;
  kept_name: string;
  restore_seconds: number | null;
  keep_until: Date | null;
  dropped_at: Date | null;
  reason: string | null;
  error: string | null;
}

/** Asks for restores as an operator does, and waits for what comes of them. */
export function restoreGround(ground: () => TestGround): {
  plan(backupId: string, options?: { into?: string; accepted?: string[] }): Promise<RestoreRow>;
  /** Asks for a step and waits for its end. */
  step(id: string, step: Exclude<RestoreStep, 'plan' | 'drop_kept'>): Promise<RestoreRow>;
  row(id: string): Promise<RestoreRow>;
} {
  const pool = () => ground().ops.pool;
  const row = async (id: string) =>
    (await pool().query<RestoreRow>('SELECT * FROM db_restore WHERE id = $1', [id])).rows[0] as RestoreRow;
  const ended = (id: string) =>
    waitUntil(
      async () => {
        const current = await row(id);
        return current.asked === null && current;
      },
      { timeoutMs: 90_000, describe: 'the step of the restore is over' },
    );
  const ring = (id: string) => ground().publish(facts.restoreProgressed, { restoreId: id, phase: 'asked' });
  return {
    row,
    async plan(backupId, { into, accepted = [] } = {}) {
      const id = await requestRestore(pool(), {
        backupId,
        database: 'platform',
        accepted,
        requestedBy: 'operator:test',
        ...(into === undefined ? {} : { into }),
      });
      await ring(id);
      return ended(id);
    },
    async step(id, step) {
      if (!(await askForStep(pool(), id, { step, by: 'operator:test' })))
        throw new Error(`cannot ask for ${step}`);
      await ring(id);
      return ended(id);
    },
  };
}
