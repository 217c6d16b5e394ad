export { createAuditTrail, type AuditTrail, type AuditTrailOptions, type NoteAudit } from './audit-trail';
export {
  auditActions,
  auditJsonSchema,
  backupFailureReasons,
  keySetRefusalReasons,
  loginFailureReasons,
  copyFailureReasons,
  outcomes,
  proofFailureReasons,
  recordSchema,
  refreshFailureReasons,
  restoreFailureReasons,
  rotationFailureReasons,
  suspiciousPatterns,
  type AuditAction,
  type AuditEvent,
} from './events';
export { createRecord, recordProblems, type AuditRecord } from './record';
