export { createAuditTrail, type AuditTrail, type AuditTrailOptions, type NoteAudit } from './audit-trail';
export {
  auditActions,
  auditJsonSchema,
  backupFailureReasons,
  loginFailureReasons,
  outcomes,
  proofFailureReasons,
  recordSchema,
  refreshFailureReasons,
  rotationFailureReasons,
  suspiciousPatterns,
  type AuditAction,
  type AuditEvent,
} from './events';
export { createRecord, recordProblems, type AuditRecord } from './record';
