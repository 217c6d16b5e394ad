-- Up Migration

-- The one row that fences the key set: every change raises its epoch, and is made only by whoever saw the last one.
-- 0 means that there has never been a key. The row is never deleted.
CREATE TABLE key_set (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch bigint NOT NULL CHECK (epoch >= 0),
  updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO key_set (epoch) VALUES (0);

-- Signing keys, public halves only. A row is never deleted: retired and revoked keys stay to be explained.
CREATE TABLE signing_key (
  kid text PRIMARY KEY,
  alg text NOT NULL CHECK (alg IN ('ES256', 'RS256')),
  state text NOT NULL CHECK (state IN ('pending', 'active', 'retiring', 'retired', 'revoked')),
  public_jwk jsonb NOT NULL,
  published_at timestamptz NOT NULL,
  activated_at timestamptz,
  retiring_at timestamptz,
  -- Until when a retiring key verifies.
  leaves_at timestamptz,
  retired_at timestamptz,
  revoked_at timestamptz,
  created_by text NOT NULL,
  CHECK (state NOT IN ('active', 'retiring', 'retired') OR activated_at IS NOT NULL),
  CHECK (state NOT IN ('retiring', 'retired') OR (retiring_at IS NOT NULL AND leaves_at IS NOT NULL)),
  CHECK (state <> 'retired' OR retired_at IS NOT NULL),
  CHECK (state <> 'revoked' OR revoked_at IS NOT NULL)
);
-- Two signers are impossible, whatever a program does.
CREATE UNIQUE INDEX signing_key_one_active ON signing_key ((true)) WHERE state = 'active';
CREATE INDEX signing_key_in_use ON signing_key (state) WHERE state <> 'retired';

-- Private halves, sealed, in a table of their own so that roles can be kept from it. Only pending and active keys have
-- one. Today every gateway signs; when edge gateways get a role of their own, that role is not granted this table.
CREATE TABLE signing_key_private (
  kid text PRIMARY KEY REFERENCES signing_key (kid),
  kek_id text NOT NULL,
  sealed bytea NOT NULL
);

-- Every rotation that was asked for: by the schedule, by an operator, or because there was no key yet.
CREATE TABLE rotation_request (
  id uuid PRIMARY KEY,
  cause text NOT NULL CHECK (cause IN ('scheduled', 'operator', 'first_start')),
  requested_at timestamptz NOT NULL DEFAULT now(),
  requested_by text NOT NULL,
  -- An operator's trial of the alert: this request fails before it touches anything.
  simulate_failure boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'noop', 'failed')),
  -- What came of it, in a sentence.
  result text,
  -- The key set's epoch after it.
  epoch bigint,
  attempts integer NOT NULL DEFAULT 0,
  -- When an attempt found another rotator at work.
  contended_at timestamptz[] NOT NULL DEFAULT '{}',
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  -- A rotator holds a request by writing its name here; a lease that ran out is anyone's.
  lease_owner uuid,
  lease_until timestamptz,
  finished_at timestamptz
);
CREATE INDEX rotation_request_open ON rotation_request (next_attempt_at) WHERE state IN ('queued', 'running');
CREATE INDEX rotation_request_requested_at ON rotation_request (requested_at);
CREATE UNIQUE INDEX rotation_request_one_first_start ON rotation_request ((true))
  WHERE cause = 'first_start' AND state IN ('queued', 'running');

GRANT SELECT ON key_set, signing_key TO swfx_gateway, swfx_rotation, swfx_operator;
GRANT UPDATE ON key_set TO swfx_rotation;
GRANT INSERT, UPDATE ON signing_key TO swfx_rotation;
GRANT SELECT ON signing_key_private TO swfx_gateway;
GRANT SELECT, INSERT, DELETE ON signing_key_private TO swfx_rotation;
GRANT SELECT, INSERT, UPDATE, DELETE ON rotation_request TO swfx_rotation;
GRANT SELECT, INSERT ON rotation_request TO swfx_operator;
