-- Up Migration

-- A backup that is due, under way or over. The row is the truth: a job in Redis only rings for it.
CREATE TABLE backup_run (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- The database's name among the backup targets.
  database text NOT NULL,
  -- `schedule`, or who asked: `operator:…`.
  requested_by text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
  due_at timestamptz NOT NULL DEFAULT now(),
  -- The number of the attempt in hand, or of the last; each has a folder of its own in the storage.
  attempt integer NOT NULL DEFAULT 0,
  -- Attempts that count against the limit: one that a stopping service gave back does not.
  failures integer NOT NULL DEFAULT 0,
  attempt_started_at timestamptz,
  -- Where the attempt is, for people who wait for it.
  phase text,
  dumped_bytes bigint NOT NULL DEFAULT 0,
  -- A runner holds a run by writing its name here; a lease that ran out is anyone's.
  lease_owner uuid,
  lease_until timestamptz,
  finished_at timestamptz,
  -- Why the last attempt failed.
  reason text,
  error text
);
-- One open run a database: a tick or a request that comes meanwhile joins it.
CREATE UNIQUE INDEX backup_run_open ON backup_run (database) WHERE state IN ('queued', 'running');
CREATE INDEX backup_run_requested_at ON backup_run (requested_at);

-- A backup that exists: its manifest was written, which is what makes it one. The storage can tell all of this again,
-- except the verdict.
CREATE TABLE backup (
  -- The id of the run that made it.
  id uuid PRIMARY KEY,
  database text NOT NULL,
  storage text NOT NULL,
  -- Folder of the backup in the storage.
  location text NOT NULL,
  -- When its snapshot was taken: it holds what was committed by then.
  taken_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  size_bytes bigint NOT NULL,
  duration_seconds double precision NOT NULL,
  manifest json NOT NULL,
  verdict text NOT NULL DEFAULT 'NOT_YET'
    CHECK (verdict IN ('NOT_YET', 'RESTORED', 'CONTENT_DIFFERS', 'CORRUPT', 'CANNOT_VERIFY_HERE')),
  -- What the verdict rests on: `rows` is tables and row counts.
  proof_level text,
  verdict_reason text,
  verdict_at timestamptz,
  -- The proof that is due, in the manner of a run.
  proof_due_at timestamptz NOT NULL DEFAULT now(),
  proof_attempt integer NOT NULL DEFAULT 0,
  proof_lease_owner uuid,
  proof_lease_until timestamptz
);
CREATE INDEX backup_database_taken_at ON backup (database, taken_at);
CREATE INDEX backup_proof_due ON backup (proof_due_at) WHERE verdict = 'NOT_YET';

GRANT SELECT, INSERT, UPDATE ON backup_run, backup TO swfx_backup;
GRANT SELECT, INSERT ON backup_run TO swfx_operator;
GRANT UPDATE (due_at) ON backup_run TO swfx_operator;
GRANT SELECT ON backup TO swfx_operator;
