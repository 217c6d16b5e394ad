-- Up Migration

-- An alert says that something is wrong or that it is over, who watches it, and for how long it holds unrepeated.
ALTER TABLE alert
  ADD COLUMN status text NOT NULL DEFAULT 'firing' CHECK (status IN ('firing', 'resolved')),
  -- Who watches: `service:<name>`, or `alertmanager:<fingerprint>` for a rule. Null in what an older version wrote.
  ADD COLUMN source text,
  ADD COLUMN expires_at timestamptz,
  -- A process numbers what it raises, from 1 without a gap, so that what never arrived can be counted.
  ADD COLUMN producer uuid,
  ADD COLUMN sequence bigint,
  -- Set with decided_at: which incident it told of, and what it changed.
  ADD COLUMN incident_id uuid,
  ADD COLUMN decision text;
CREATE INDEX alert_incident_id ON alert (incident_id);
CREATE INDEX alert_producer ON alert (producer, sequence) WHERE producer IS NOT NULL;

-- Trouble from its first alert to its end. This is the desired state: what people should know by now.
CREATE TABLE alert_incident (
  id uuid PRIMARY KEY,
  key text NOT NULL,
  kind text NOT NULL,
  service text NOT NULL,
  -- The worst so far.
  severity text NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
  state text NOT NULL CHECK (state IN ('firing', 'resolved', 'expired')),
  -- Rises with each thing that people should hear of: that it began, that it grew worse, that it still goes on.
  revision integer NOT NULL,
  revised_at timestamptz NOT NULL,
  -- What each source said last, by its name: firing or resolved.
  sources jsonb NOT NULL,
  reports integer NOT NULL,
  -- Reports by `<service> <kind>`, for incidents that are told as a count.
  tally jsonb NOT NULL DEFAULT '{}',
  -- The alert that people read, and the one that ended it.
  alert_id uuid NOT NULL REFERENCES alert (id),
  ended_by uuid REFERENCES alert (id),
  opened_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text
);
CREATE UNIQUE INDEX alert_incident_open ON alert_incident (key) WHERE state = 'firing';
CREATE INDEX alert_incident_expiry ON alert_incident (expires_at) WHERE state = 'firing';
ALTER TABLE alert ADD FOREIGN KEY (incident_id) REFERENCES alert_incident (id);

-- What one destination was told of one incident: the last-sent state. Only a sender that holds the destination's lease
-- changes it; only the decision changes an incident. So the two never wait for each other.
CREATE TABLE alert_notice (
  incident_id uuid NOT NULL REFERENCES alert_incident (id),
  destination text NOT NULL REFERENCES alert_destination (name),
  sent_state text NOT NULL DEFAULT 'nothing' CHECK (sent_state IN ('nothing', 'firing', 'ended')),
  sent_revision integer NOT NULL DEFAULT 0,
  -- What may have been told beyond that: set before a post, taken back by an answer that leaves no doubt.
  tried_state text CHECK (tried_state IN ('firing', 'ended')),
  -- Told only if nobody has acknowledged the incident by the time that it is due.
  escalation boolean NOT NULL DEFAULT false,
  -- `plain` once the destination has refused the formatted message.
  format text NOT NULL DEFAULT 'blocks' CHECK (format IN ('blocks', 'plain')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  -- Why it waits or how it ended: a word of a closed set, and a sentence for people. Never an address or a token.
  reason text,
  detail text,
  -- When it was first held back, by budget or by a maintenance window: each is counted and logged that once.
  rate_limited_at timestamptz,
  muted_at timestamptz,
  told_at timestamptz,
  -- When an operator asked for it again: from there on its time to live counts anew.
  replayed_at timestamptz,
  -- Where the destination keeps the message, so that a later one can edit it.
  thread text,
  -- From here on nothing is owed: `told`, `untold` (it ended before it was told), `dead`, or `disabled`.
  closed_at timestamptz,
  outcome text CHECK (outcome IN ('told', 'untold', 'dead', 'disabled')),
  PRIMARY KEY (incident_id, destination)
);
CREATE INDEX alert_notice_open ON alert_notice (destination, next_attempt_at) WHERE closed_at IS NULL;
CREATE INDEX alert_notice_dead ON alert_notice (closed_at) WHERE outcome = 'dead';

-- Every post that was tried, written before it is made: the hourly budget, and the answer to "why did I (not) hear".
CREATE TABLE alert_message (
  id uuid PRIMARY KEY,
  destination text NOT NULL REFERENCES alert_destination (name),
  form text NOT NULL CHECK (form IN ('incident', 'digest')),
  -- Which part of the budget it was taken from.
  lane text NOT NULL CHECK (lane IN ('urgent', 'ordinary')),
  items integer NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  outcome text NOT NULL DEFAULT 'in_flight' CHECK (outcome IN ('in_flight', 'delivered', 'refused', 'unknown')),
  reason text,
  detail text
);
CREATE INDEX alert_message_spent ON alert_message (destination, started_at);

CREATE TABLE alert_message_item (
  message_id uuid NOT NULL REFERENCES alert_message (id),
  incident_id uuid NOT NULL REFERENCES alert_incident (id),
  act text NOT NULL CHECK (act IN ('firing', 'resolved', 'expired')),
  revision integer NOT NULL,
  -- What was in doubt before this post: an answer that it was refused leaves that as it was.
  tried_before text,
  PRIMARY KEY (message_id, incident_id)
);
CREATE INDEX alert_message_item_incident ON alert_message_item (incident_id);

-- Maintenance windows: what they match is held, and told at their end if it still goes on.
CREATE TABLE alert_mute (
  id uuid PRIMARY KEY,
  -- Each part that is given must match: severity, service and incident (with * for any text).
  severity text[],
  service text[],
  incident text,
  author text NOT NULL,
  reason text NOT NULL,
  starts_at timestamptz NOT NULL DEFAULT now(),
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX alert_mute_ends_at ON alert_mute (ends_at);

-- A bucket of five tokens that fills by one a second, and a breaker: both are the destination's, not a replica's.
ALTER TABLE alert_destination
  ADD COLUMN tokens double precision NOT NULL DEFAULT 5,
  ADD COLUMN tokens_at timestamptz NOT NULL DEFAULT now(),
  -- How often in a row the destination refused everything; above zero its breaker is open.
  ADD COLUMN rejections integer NOT NULL DEFAULT 0;

-- What the version before had not delivered yet is decided anew. Its table stays for a replica that still runs.
UPDATE alert SET decided_at = NULL
  WHERE id IN (SELECT alert_id FROM alert_delivery WHERE state = 'pending');
UPDATE alert_delivery SET state = 'suppressed', reason = 'superseded', finished_at = now() WHERE state = 'pending';

GRANT SELECT ON alert_incident, alert_notice, alert_message, alert_message_item, alert_mute
  TO swfx_dispatcher, swfx_operator;
GRANT UPDATE (incident_id, decision, accepted_at) ON alert TO swfx_dispatcher;
GRANT INSERT ON alert_destination TO swfx_dispatcher;
GRANT INSERT, UPDATE ON alert_incident, alert_notice, alert_message, alert_message_item TO swfx_dispatcher;
GRANT INSERT, UPDATE ON alert_mute TO swfx_operator;
GRANT UPDATE (acknowledged_at, acknowledged_by) ON alert_incident TO swfx_operator;
GRANT UPDATE (closed_at, outcome, reason, detail, attempts, next_attempt_at, format, replayed_at) ON alert_notice TO swfx_operator;
