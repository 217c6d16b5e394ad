-- Up Migration

-- A restore: first planned, then approved by a person, then carried out; what is to be done next is `asked`. The row is
-- the truth: whoever takes it up reads here, and on the server itself, how far it has come.
CREATE TABLE db_restore (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- No reference: the story of a restore outlives the backup that it came from.
  backup_id uuid NOT NULL,
  -- Name among the backup targets of the database whose server it is made on.
  database text NOT NULL,
  -- The database on that server that it makes; null when it takes the place of the target itself.
  into_name text,
  -- What it would break, and was told to break.
  accepted text[] NOT NULL DEFAULT '{}',
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'planned', 'refused', 'restored', 'failed', 'undone')),
  asked text DEFAULT 'plan' CHECK (asked IN ('plan', 'restore', 'plan_undo', 'undo')),
  asked_at timestamptz NOT NULL DEFAULT now(),
  asked_by text,
  phase text,
  plan json,
  undo_plan json,
  -- The database that was replaced, as it is called on its server, and the two that stand aside.
  live_name text,
  beside_name text,
  kept_name text,
  started_at timestamptz,
  finished_at timestamptz,
  -- From the first statement to the end of the swap: what a restore really takes.
  restore_seconds double precision,
  -- What stands aside is dropped after this.
  keep_until timestamptz,
  dropped_at timestamptz,
  attempt integer NOT NULL DEFAULT 0,
  lease_owner uuid,
  lease_until timestamptz,
  reason text,
  error text
);
CREATE INDEX db_restore_requested_at ON db_restore (requested_at);
CREATE INDEX db_restore_asked ON db_restore (asked_at) WHERE asked IS NOT NULL;

-- Each database that is backed up, with its schedule and its policy as the service was last configured: what the
-- operator's commands know of the configuration. Retention is due here.
CREATE TABLE backup_target (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  database text NOT NULL UNIQUE,
  schedule json NOT NULL,
  retention json NOT NULL,
  retention_due_at timestamptz NOT NULL DEFAULT now(),
  -- An operator has seen that much is to be deleted, and agrees: once.
  retention_unlimited boolean NOT NULL DEFAULT false,
  retention_at timestamptz,
  retention_note text,
  lease_owner uuid,
  lease_until timestamptz
);

-- Deletion has two phases: marked here, looked at again after a delay, then gone.
ALTER TABLE backup ADD COLUMN delete_marked_at timestamptz;
ALTER TABLE backup ADD COLUMN delete_reason text;
-- How long its proof took, from storage to a compared database: what a restore really takes.
ALTER TABLE backup ADD COLUMN proof_seconds double precision;

-- Folders in a storage that are no backup and belong to no run: swept when they are still so after a delay.
CREATE TABLE backup_orphan (
  storage text NOT NULL,
  location text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (storage, location)
);

-- An operator may end a run that is under way.
ALTER TABLE backup_run ADD COLUMN cancelled_by text;
ALTER TABLE backup_run DROP CONSTRAINT backup_run_state_check;
ALTER TABLE backup_run ADD CONSTRAINT backup_run_state_check
  CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled'));

GRANT SELECT, INSERT, UPDATE ON db_restore, backup_target TO swfx_backup;
GRANT SELECT, INSERT, UPDATE, DELETE ON backup_orphan TO swfx_backup;
GRANT DELETE ON backup TO swfx_backup;
GRANT SELECT, INSERT ON db_restore TO swfx_operator;
GRANT UPDATE (asked, asked_at, asked_by) ON db_restore TO swfx_operator;
GRANT SELECT ON backup_target TO swfx_operator;
GRANT UPDATE (retention_due_at, retention_unlimited) ON backup_target TO swfx_operator;
GRANT UPDATE (cancelled_by, state, finished_at) ON backup_run TO swfx_operator;
