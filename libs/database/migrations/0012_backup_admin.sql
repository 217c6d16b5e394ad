-- Up Migration

-- A backup is proven again when somebody asks for it, or by schedule. It keeps its verdict until there is a new one.
ALTER TABLE backup ADD COLUMN proof_requested_by text;
CREATE INDEX backup_proof_requested ON backup (proof_due_at) WHERE proof_requested_by IS NOT NULL;

-- A service that is configured with a database names it every few seconds. One that nobody names any more is removed:
-- its schedule ends, its backups stay.
ALTER TABLE backup_target
  ADD COLUMN named_until timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN removed_at timestamptz;

-- Through the admin API a step is approved with a code that was shown with its plan: good once, for a while, and for
-- the person who was shown it. Only its SHA-256 is here.
ALTER TABLE db_restore
  ADD COLUMN approval_hash bytea CHECK (octet_length(approval_hash) = 32),
  ADD COLUMN approval_for text,
  ADD COLUMN approval_step text CHECK (approval_step IN ('restore', 'undo')),
  ADD COLUMN approval_until timestamptz,
  -- Another server that it was made on, as host:port; null where it is the target's own.
  ADD COLUMN into_server text,
  ADD CHECK ((approval_hash IS NULL) = (approval_step IS NULL));

-- Sessions of before a recovery of the ops database are over: their refresh tokens may have been used since.
ALTER TABLE refresh_family DROP CONSTRAINT refresh_family_end_reason_check;
ALTER TABLE refresh_family ADD CONSTRAINT refresh_family_end_reason_check
  CHECK (end_reason IN ('logout', 'reuse', 'user_disabled', 'password_changed', 'ops_recovered'));

GRANT UPDATE (proof_due_at, proof_attempt, proof_requested_by) ON backup TO swfx_operator;
GRANT DELETE ON task_schedule TO swfx_backup;
-- Its admin API verifies access tokens itself: public halves, and who is cut off.
GRANT SELECT ON key_set, signing_key, token_cut_off TO swfx_backup;
