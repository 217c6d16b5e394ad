import type { z } from 'zod';

/** The same text, without the one character that Postgres has no place for, and would complain of as our mistake. */
export const withoutNul = (text: z.ZodString): z.ZodString =>
  text.refine((value) => !value.includes('\0'), { error: 'must not hold a NUL' });
