/** What operators do to alerts. */
import { z } from 'zod';
import type { ActionDefinition } from './action-definition';

export const alertActions = {
  alert_test_requested: { operation: 'alert_test', fields: { alert_id: z.string() } },
  alert_acknowledged: { operation: 'alert_acknowledged', fields: { incident_id: z.string() } },
  alerts_replayed: {
    operation: 'alerts_replayed',
    // Null: all that were given up.
    fields: { incident_id: z.string().nullable(), count: z.number().int().positive() },
  },
  alerts_muted: {
    operation: 'alerts_muted',
    fields: { mute_id: z.string(), duration_seconds: z.number().int().positive(), comment: z.string() },
  },
  alerts_unmuted: { operation: 'alerts_muted', fields: { mute_id: z.string() } },
} as const satisfies Record<string, ActionDefinition>;
