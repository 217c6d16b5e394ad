-- Up Migration

-- One group role per service; a deployment makes a login role for each and grants it its group.
-- Roles belong to the whole server, so another ops database may have made them already.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['swfx_gateway', 'swfx_rotation', 'swfx_backup', 'swfx_dispatcher', 'swfx_operator'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END
$$;

-- What happened, one row an event, inserted in the transaction of the change that it tells of.
-- Services may insert and read back their own; nobody may change or delete.
CREATE TABLE audit_event (
  id uuid PRIMARY KEY,
  occurred_at timestamptz NOT NULL,
  service text NOT NULL,
  action text NOT NULL,
  -- Which audit file is this record's projection: host and path.
  writer text NOT NULL,
  record text NOT NULL
);
CREATE INDEX audit_event_writer_occurred_at ON audit_event (writer, occurred_at);
CREATE INDEX audit_event_action_occurred_at ON audit_event (action, occurred_at);
COMMENT ON COLUMN audit_event.record IS 'The whole record as its compact JSON line, byte for byte what the audit file holds';

-- When each schedule is due next: the truth that a flushed Redis cannot lose.
CREATE TABLE task_schedule (
  name text PRIMARY KEY,
  service text NOT NULL,
  cron text NOT NULL,
  next_run_at timestamptz NOT NULL,
  last_run_at timestamptz
);

-- Which processes are alive, and which tasks they work on.
CREATE TABLE service_instance (
  id uuid PRIMARY KEY,
  service text NOT NULL,
  version text NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  tasks text[] NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now()
);

GRANT USAGE ON SCHEMA public TO swfx_gateway, swfx_rotation, swfx_backup, swfx_dispatcher, swfx_operator;
GRANT SELECT, INSERT ON audit_event TO swfx_gateway, swfx_rotation, swfx_backup, swfx_dispatcher, swfx_operator;
GRANT SELECT, INSERT, UPDATE ON task_schedule TO swfx_rotation, swfx_backup, swfx_dispatcher;
GRANT SELECT ON task_schedule TO swfx_gateway, swfx_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON service_instance TO swfx_gateway, swfx_rotation, swfx_backup, swfx_dispatcher;
GRANT SELECT ON service_instance TO swfx_operator;
