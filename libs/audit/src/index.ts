export { createAuditTrail, type AuditTrail, type AuditTrailOptions, type NoteAudit } from './audit-trail';
export { openAuditFile, type AuditFile } from './audit-file';
export { auditWriter, enterAuditLine, readAuditLines, type AuditLine } from './enter-lines';
export {
  auditActions,
  auditJsonSchema,
  outcomes,
  recordSchema,
  type AuditAction,
  type AuditEvent,
} from './events';
export {
  backupFailureReasons,
  copyFailureReasons,
  proofFailureReasons,
  restoreFailureReasons,
} from './backup-actions';
export { loginFailureReasons, refreshFailureReasons, suspiciousPatterns } from './identity-actions';
export { keySetRefusalReasons, rotationFailureReasons } from './key-actions';
export { createRecord, recordProblems, type AuditRecord } from './record';
