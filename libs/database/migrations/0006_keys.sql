-- Up Migration

-- The set is signed as a whole: who may write these rows, but has no key encryption key, cannot add a key to it.
ALTER TABLE key_set
  -- `id:publicKey` of the key that signed; verifiers believe only those that they were told of, never this column.
  ADD COLUMN signer text,
  ADD COLUMN signature bytea,
  -- The policy that the rotator works by, for `swfx keys doctor` to compare with what the verifiers say of themselves.
  ADD COLUMN policy jsonb;

-- A token that the key signed when it was published, good for nothing but to prove that a verifier has the key.
ALTER TABLE signing_key ADD COLUMN probe text;

COMMENT ON TABLE signing_key_private IS
  'Private halves, sealed: of pending and active keys, and of retiring ones until they leave, so that a rotation can be rolled back';

-- Which verifiers are there, and which keys each of them has proved that it verifies with. A lease that has run out is
-- a verifier that has gone silent; one that stops in good order deletes its row.
CREATE TABLE verifier_ack (
  -- Drawn at each start: what a process acknowledged says nothing of the one that follows it.
  boot uuid PRIMARY KEY,
  -- For people: which service on which machine.
  instance text NOT NULL,
  epoch bigint NOT NULL,
  kids text[] NOT NULL,
  token_ttl_seconds integer NOT NULL,
  clock_skew_seconds integer NOT NULL,
  acked_at timestamptz NOT NULL,
  lease_until timestamptz NOT NULL
);

-- What a request asks for. A rotation may wait for verifiers; the others wait for nobody.
ALTER TABLE rotation_request
  ADD COLUMN kind text NOT NULL DEFAULT 'rotate' CHECK (kind IN ('rotate', 'revoke', 'rollback', 'rewrap')),
  ADD COLUMN kid text,
  -- Promote although the standby is young, or a verifier does not have it.
  ADD COLUMN force boolean NOT NULL DEFAULT false,
  ADD COLUMN waiting_since timestamptz,
  -- When the wait for verifiers was last alerted.
  ADD COLUMN wait_alerted_at timestamptz,
  ADD CHECK ((kind = 'revoke') = (kid IS NOT NULL));

GRANT UPDATE ON signing_key_private TO swfx_rotation;
GRANT SELECT, INSERT, UPDATE, DELETE ON verifier_ack TO swfx_gateway;
GRANT SELECT, DELETE ON verifier_ack TO swfx_rotation;
GRANT SELECT ON verifier_ack TO swfx_operator;
-- Which key encryption keys are in use, not what they seal.
GRANT SELECT (kid, kek_id) ON signing_key_private TO swfx_operator;
