-- Up Migration

-- An alert that was accepted: never changed, never deleted by a service.
CREATE TABLE alert (
  id uuid PRIMARY KEY,
  -- The stable name of the trouble: alerts with the same incident tell of the same thing.
  incident text NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
  title text NOT NULL,
  error text NOT NULL,
  context jsonb NOT NULL DEFAULT '{}',
  service text NOT NULL,
  env text NOT NULL,
  trace_id text NOT NULL,
  occurred_at timestamptz NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX alert_incident_accepted_at ON alert (incident, accepted_at);

-- What becomes of an alert at one destination. Made by the dispatcher when it decides; no alert is without one for long.
CREATE TABLE alert_delivery (
  alert_id uuid NOT NULL REFERENCES alert (id),
  destination text NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'sent', 'suppressed', 'dead')),
  -- Why it is in this state, in words that `swfx alerts list` shows.
  reason text,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  -- A sender holds a delivery by writing its name here; a lease that ran out is anyone's.
  lease_owner uuid,
  lease_until timestamptz,
  last_error text,
  decided_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (alert_id, destination)
);
CREATE INDEX alert_delivery_due ON alert_delivery (next_attempt_at) WHERE state = 'pending';
CREATE INDEX alert_delivery_finished_at ON alert_delivery (destination, finished_at) WHERE state = 'sent';

GRANT INSERT ON alert TO swfx_gateway, swfx_rotation, swfx_backup, swfx_operator;
GRANT SELECT ON alert, alert_delivery TO swfx_operator;
GRANT SELECT, INSERT ON alert TO swfx_dispatcher;
GRANT SELECT, INSERT, UPDATE ON alert_delivery TO swfx_dispatcher;
