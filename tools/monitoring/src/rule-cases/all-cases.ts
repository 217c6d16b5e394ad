import type { AlertCase } from '../alert-case';
import { backupCases } from './backup-cases';
import { jwtCases } from './jwt-cases';
import { monitoringCases } from './monitoring-cases';
import { platformCases } from './platform-cases';
import { securityCases } from './security-cases';
import { sloCases } from './slo-cases';

/** The course of every alert that is not one of absence; those have theirs made from their expression. */
export const allCases: AlertCase[] = [
  ...backupCases,
  ...jwtCases,
  ...sloCases,
  ...platformCases,
  ...monitoringCases,
  ...securityCases,
];
