/**
 * The kinds of environment variable. Each turns the text of a variable into a typed value, or says in words
 * that follow the variable's name what is wrong with it ("HTTP_PORT must be …").
 */
import { z } from 'zod';
import { Secret } from './secret';

const required = 'is required';

function whenMissing(issue: { input?: unknown }, otherwise: string): string {
  return issue.input === undefined ? required : otherwise;
}

/** Free text that is not empty. */
export const text = () =>
  z.string({ error: (issue) => whenMissing(issue, 'must be text') }).min(1, { error: 'must not be empty' });

/** `true`, `True` or `1`; `false`, `False` or `0`. */
export const flag = () =>
  z
    .enum(['true', 'True', 'TRUE', '1', 'false', 'False', 'FALSE', '0'], {
      error: (issue) => whenMissing(issue, 'must be true or false'),
    })
    .transform((value) => value.toLowerCase() === 'true' || value === '1');

/** A whole number between two bounds, both allowed. */
export const integer = (minimum: number, maximum: number) =>
  z
    .string({ error: () => required })
    .regex(/^-?\d{1,15}$/, { error: 'must be a whole number' })
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, {
      error: `must be between ${minimum} and ${maximum}`,
    });

/** A number between two bounds, both allowed, of three decimals at most. */
export const decimal = (minimum: number, maximum: number) =>
  z
    .string({ error: () => required })
    .regex(/^\d{1,15}(\.\d{1,3})?$/, { error: 'must be a number' })
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, {
      error: `must be between ${minimum} and ${maximum}`,
    });

/** A TCP port; 0 lets the system choose. */
export const port = () => integer(0, 65535);

/** One of a closed set of words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, { error: (issue) => whenMissing(issue, `must be one of ${words.join(', ')}`) });

/** An absolute URL with one of the given schemes. */
export const url = (...schemes: string[]) =>
  text().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)), {
    error: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  });

/** A secret: also readable from the file that `NAME_FILE` names. */
export const secret = () =>
  text()
    .transform((value) => new Secret(value))
    .meta({ secret: true });

/** A secret URL, such as a connection string with a password in it. */
export const secretUrl = (...schemes: string[]) =>
  url(...schemes)
    .transform((value) => new Secret(value))
    .meta({ secret: true });

/** A value written as JSON, checked by a schema of its own. */
export const json = <Schema extends z.ZodType>(schema: Schema) =>
  text().transform((value, context): z.output<Schema> => {
    const parsed = parseJson(value);
    if (!parsed.ok) {
      context.addIssue({ code: 'custom', message: `must be JSON (${parsed.problem})` });
      return z.NEVER;
    }
    const result = schema.safeParse(parsed.value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      context.addIssue({ code: 'custom', message: `is wrong at /${issue.path.join('/')}: ${issue.message}` });
    }
    return z.NEVER;
  });

function parseJson(value: string): { ok: true; value: unknown } | { ok: false; problem: string } {
  try {
    return { ok: true, value: JSON.parse(value) };
  } catch (error) {
    // Node quotes a piece of the text, which may be a piece of a secret.
    return { ok: false, problem: (error as Error).message.replace(/, (\.\.\.)?".*/s, '') };
  }
}
