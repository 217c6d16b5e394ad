-- Up Migration

-- Rows that verifiers refuse, and that a person says are the right ones: after an upgrade from unsigned rows, or a
-- restore. A rotator looks at each key and signs them anew.
ALTER TABLE rotation_request
  DROP CONSTRAINT rotation_request_kind_check,
  ADD CONSTRAINT rotation_request_kind_check
    CHECK (kind IN ('rotate', 'revoke', 'rollback', 'rewrap', 'adopt'));
