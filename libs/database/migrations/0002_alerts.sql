-- Up Migration

-- An alert that was accepted: what it says is never changed, and no service deletes it.
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
  accepted_at timestamptz NOT NULL DEFAULT now(),
  -- Set once, by the dispatcher, in the transaction that makes the alert's deliveries.
  decided_at timestamptz
);
CREATE INDEX alert_incident_accepted_at ON alert (incident, accepted_at);
CREATE INDEX alert_accepted_at ON alert (accepted_at);
CREATE INDEX alert_undecided ON alert (accepted_at) WHERE decided_at IS NULL;

-- Where alerts go. Its row is the lock under which alerts are decided and a sender is chosen, so that any number of
-- replicas post one message at a time, keep one budget and obey one Retry-After.
CREATE TABLE alert_destination (
  name text PRIMARY KEY,
  -- Nothing is posted before this: the gap between two messages, Retry-After, a webhook that refuses us.
  not_before timestamptz NOT NULL DEFAULT now(),
  not_before_reason text,
  -- The one post in hand, under a lease; a lease that ran out is anyone's.
  sender uuid,
  sender_until timestamptz
);
INSERT INTO alert_destination (name) VALUES ('slack');

-- What becomes of an alert at one destination. Made by the dispatcher when it decides; no alert is without one for long.
CREATE TABLE alert_delivery (
  alert_id uuid NOT NULL REFERENCES alert (id),
  destination text NOT NULL REFERENCES alert_destination (name),
  state text NOT NULL CHECK (state IN ('pending', 'sent', 'suppressed', 'dead')),
  -- Why it is in this state: a word of a closed set, the same that the metrics use ...
  reason text,
  -- ... and a sentence for people. Never an address or a token.
  detail text,
  -- `plain` once the destination has refused the formatted message.
  format text NOT NULL DEFAULT 'blocks' CHECK (format IN ('blocks', 'plain')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  -- When the hourly budget first held it back: it is counted and logged that once.
  rate_limited_at timestamptz,
  finished_at timestamptz,
  PRIMARY KEY (alert_id, destination)
);
CREATE INDEX alert_delivery_due ON alert_delivery (destination, next_attempt_at) WHERE state = 'pending';
CREATE INDEX alert_delivery_sent ON alert_delivery (destination, finished_at) WHERE state = 'sent';

GRANT INSERT ON alert TO swfx_gateway, swfx_rotation, swfx_backup, swfx_dispatcher, swfx_operator;
GRANT SELECT ON alert, alert_delivery, alert_destination TO swfx_dispatcher, swfx_operator;
GRANT UPDATE (decided_at) ON alert TO swfx_dispatcher;
GRANT INSERT, UPDATE ON alert_delivery TO swfx_dispatcher;
GRANT UPDATE ON alert_destination TO swfx_dispatcher;
