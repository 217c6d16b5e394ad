export { createAuditTrail, type AuditTrail, type AuditTrailOptions, type NoteAudit } from './audit-trail';
export { openAuditFile, type AuditFile } from './audit-file';
export { auditWriter, enterAuditLine, readAuditLines, type AuditLine } from './enter-lines';
export {
  auditActions,
  auditJsonSchema,
  backupFailureReasons,
  copyFailureReasons,
  keySetRefusalReasons,
  loginFailureReasons,
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
