import { z } from 'zod';

/** What an action is part of, and the fields that its record carries beyond the common ones. */
export interface ActionDefinition {
  operation: string;
  fields: z.ZodRawShape;
}

/** What the record of a failure says of it. */
export const failed = { error: z.string().min(1) };
