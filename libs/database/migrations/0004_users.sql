-- Up Migration

-- Who may log in at the gateway. Elsewhere a user is `user:<id>`; the address stays here.
CREATE TABLE app_user (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  -- A PHC string: algorithm, parameters and salt are part of it.
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  roles text[] NOT NULL DEFAULT '{}',
  scopes text[] NOT NULL DEFAULT '{}',
  disabled_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON app_user TO swfx_gateway;
GRANT SELECT, INSERT, UPDATE ON app_user TO swfx_operator;
