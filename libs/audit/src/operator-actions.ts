/** What administrators and operators do that is not audited by what it changes. */
import { z } from 'zod';
import type { ActionDefinition } from './action-definition';

export const operatorActions = {
  admin_endpoint_accessed: {
    operation: 'admin_endpoint',
    fields: { method: z.string(), endpoint: z.string(), status: z.number().int() },
  },
  sensitive_operation_performed: {
    operation: 'sensitive_operation',
    fields: { command: z.string(), reason: z.enum(['operator_request']) },
  },
} as const satisfies Record<string, ActionDefinition>;
