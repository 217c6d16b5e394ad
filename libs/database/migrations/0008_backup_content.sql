-- Up Migration

-- A backup whose content was compared value by value is PROVEN; RESTORED remains for those that can only be counted.
ALTER TABLE backup DROP CONSTRAINT backup_verdict_check;
ALTER TABLE backup ADD CONSTRAINT backup_verdict_check
  CHECK (verdict IN ('NOT_YET', 'PROVEN', 'RESTORED', 'CONTENT_DIFFERS', 'CORRUPT', 'CANNOT_VERIFY_HERE'));
COMMENT ON COLUMN backup.proof_level IS '`full`: every value and all that is defined; `rows`: tables and row counts.';
