-- Up Migration

-- A role for edge gateways: they verify and forward, and are granted nothing that signs or says who may log in.
DO $$
BEGIN
  CREATE ROLE swfx_edge NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END
$$;

-- One login and all the refresh tokens that followed from it, each made by using up the last.
CREATE TABLE refresh_family (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES app_user (id),
  started_at timestamptz NOT NULL DEFAULT now(),
  -- However often it is refreshed, it ends by then.
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text CHECK (end_reason IN ('logout', 'reuse', 'user_disabled', 'password_changed')),
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX refresh_family_user ON refresh_family (user_id);

-- Refresh tokens, by the SHA-256 of their 256 random bits: whoever reads this table can use none of them.
CREATE TABLE refresh_token (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  family_id uuid NOT NULL REFERENCES refresh_family (id) ON DELETE CASCADE,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  -- With the key of this id and this salt the successor is derived again for whoever repeats the request in time.
  successor_kek_id text,
  successor_salt bytea,
  successor_hash bytea,
  CHECK ((used_at IS NULL) = (successor_hash IS NULL))
);
CREATE INDEX refresh_token_family ON refresh_token (family_id);

-- From when on access tokens are good again: of a user (`user:<id>`) who was disabled or whose rights changed, of a
-- session (`session:<family id>`) that was ended. Gateways hold a row for as long as a token can live that it stops.
CREATE TABLE token_cut_off (
  subject text PRIMARY KEY CHECK (subject ~ '^(user|session):'),
  -- A NumericDate (RFC 7519): tokens with an earlier `iat` are refused.
  valid_from bigint NOT NULL,
  cut_off_at timestamptz NOT NULL
);
CREATE INDEX token_cut_off_at ON token_cut_off (cut_off_at);

GRANT INSERT ON app_user TO swfx_gateway;
GRANT UPDATE (password_hash, roles, scopes, disabled_at) ON app_user TO swfx_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_family, refresh_token TO swfx_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON token_cut_off TO swfx_gateway, swfx_operator;
GRANT SELECT, UPDATE ON refresh_family TO swfx_operator;

GRANT USAGE ON SCHEMA public TO swfx_edge;
GRANT SELECT ON key_set, signing_key, token_cut_off TO swfx_edge;
GRANT SELECT, INSERT ON audit_event TO swfx_edge;
GRANT SELECT, INSERT, UPDATE, DELETE ON service_instance TO swfx_edge;
GRANT INSERT ON alert TO swfx_edge;
GRANT SELECT, INSERT, UPDATE, DELETE ON verifier_ack TO swfx_edge;
