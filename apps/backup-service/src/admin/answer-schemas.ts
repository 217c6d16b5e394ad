/** What the admin API answers, as its description tells it. */
import { z } from 'zod';
import { verdicts } from '../catalogue/backups';

const time = z.iso.datetime();
const state = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
const obstacle = z.object({ kind: z.string(), sentence: z.string(), acceptable: z.boolean() });
const plan = z.looseObject({
  decision: z.enum(['go', 'refuse']),
  mode: z.enum(['swap', 'into']),
  obstacles: z.array(obstacle),
  notes: z.array(z.string()),
  steps: z.array(z.string()),
});
const restore = z.looseObject({
  id: z.uuid(),
  backup_id: z.uuid(),
  database: z.string(),
  into: z.string().nullable(),
  state: z.enum(['new', 'planned', 'refused', 'restored', 'failed', 'cancelled', 'undone']),
  asked: z.string().nullable(),
  phase: z.string().nullable(),
  requested_by: z.string(),
  requested_at: time,
  restored_bytes: z.number(),
  expected_bytes: z.number().nullable(),
  bytes_per_second: z.number().nullable(),
  ratio: z.number().nullable(),
  seconds_left: z.number().nullable(),
  plan: plan.nullable(),
  live_name: z.string().nullable(),
  kept_name: z.string().nullable(),
  keep_until: time.nullable(),
  restore_seconds: z.number().nullable(),
  reason: z.string().nullable(),
  error: z.string().nullable(),
});
const backup = z.looseObject({
  id: z.uuid(),
  database: z.string(),
  state,
  verdict: z.enum(verdicts).nullable(),
  reason: z.string().nullable(),
});

/** By the names that the description uses. */
export const answers = {
  Backups: z.object({ backups: z.array(backup) }),
  Backup: backup,
  Progress: z.looseObject({
    id: z.uuid(),
    database: z.string(),
    state,
    attempt: z.number().int(),
    phase: z.string().nullable(),
    dumped_bytes: z.number(),
    expected_bytes: z.number().nullable(),
    bytes_per_second: z.number().nullable(),
    ratio: z.number().nullable(),
    seconds_left: z.number().nullable(),
    error: z.string().nullable(),
  }),
  Proof: z.looseObject({
    id: z.uuid(),
    verdict: z.enum(verdicts),
    verdict_reason: z.string().nullable(),
    state: z.enum(['waiting', 'running', 'over']),
  }),
  Restores: z.object({ restores: z.array(restore) }),
  Restore: restore,
  Plan: z.object({
    restore,
    approval: z.object({
      step: z.enum(['restore', 'undo']),
      code: z.string(),
      expires_at: time,
      /** What has to be typed as `database`; null outside production. */
      database: z.string().nullable(),
    }),
  }),
  /** RFC 9457. */
  Problem: z.looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string().optional(),
  }),
};
