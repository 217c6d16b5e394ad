-- Up Migration

-- Somebody may end a restore until its swap begins.
ALTER TABLE db_restore ADD COLUMN cancelled_by text;
ALTER TABLE db_restore DROP CONSTRAINT db_restore_state_check;
ALTER TABLE db_restore ADD CONSTRAINT db_restore_state_check
  CHECK (state IN ('new', 'planned', 'refused', 'restored', 'failed', 'cancelled', 'undone'));

-- How far the phase in hand is: bytes of the dump that were given to the new database, and since when.
ALTER TABLE db_restore ADD COLUMN restored_bytes bigint NOT NULL DEFAULT 0;
ALTER TABLE db_restore ADD COLUMN phase_started_at timestamptz;

GRANT UPDATE (cancelled_by, state, finished_at) ON db_restore TO swfx_operator;
