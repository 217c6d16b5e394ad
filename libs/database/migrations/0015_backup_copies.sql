-- Up Migration

-- The second copy of a backup, in another storage: a row for each backup that is to have one. The place tells where, so
-- that every backup is due again when another one is configured.
CREATE TABLE backup_copy (
  backup_id uuid PRIMARY KEY REFERENCES backup ON DELETE CASCADE,
  place text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'copied', 'failed')),
  -- Since when the place lacks the backup, or has an older manifest of it; null while it has neither.
  behind_since timestamptz DEFAULT now(),
  -- When the dump was last copied and read back: a manifest that is written anew later needs no second look at it.
  verified_at timestamptz,
  attempt integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  lease_owner uuid,
  lease_until timestamptz,
  -- Why the last attempt failed.
  reason text,
  error text
);
CREATE INDEX backup_copy_due ON backup_copy (due_at) WHERE state <> 'copied';

-- Where the service keeps the backups of a database, and where their copies: the operator's commands know no storage.
ALTER TABLE backup_target ADD COLUMN storage text;
ALTER TABLE backup_target ADD COLUMN copy_place text;

-- Why a restore read the second copy; null where the first one did.
ALTER TABLE db_restore ADD COLUMN read_from_copy text;

GRANT SELECT, INSERT, UPDATE ON backup_copy TO swfx_backup;
GRANT SELECT ON backup_copy TO swfx_operator;
GRANT UPDATE (due_at, attempt) ON backup_copy TO swfx_operator;
