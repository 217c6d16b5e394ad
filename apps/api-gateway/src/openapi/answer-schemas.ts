import { z } from 'zod';

const user = z.object({
  id: z.uuid(),
  email: z.string(),
  scopes: z.array(z.string()),
  roles: z.array(z.string()),
  disabled: z.boolean(),
  created_at: z.iso.datetime(),
});
const state = z.enum(['healthy', 'unhealthy']);

/** What the gateway answers, by the name that the API's description uses. */
export const answers = {
  Tokens: z.object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.number().int(),
    scope: z.string(),
    refresh_token: z.string(),
  }),
  Me: z.object({
    subject: z.string(),
    email: z.string().nullable(),
    roles: z.array(z.string()),
    scopes: z.array(z.string()),
  }),
  User: user,
  Users: z.object({ users: z.array(user) }),
  NewUser: user.pick({ id: true, email: true, scopes: true, roles: true }),
  Jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string() })) }),
  Health: z.object({
    status: state,
    timestamp: z.iso.datetime(),
    version: z.string(),
    checks: z.record(z.string(), state),
  }),
  /** RFC 9457. */
  Problem: z.looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string().optional(),
  }),
};

/** A schema as OpenAPI 3.1 holds it: JSON Schema 2020-12, of what is read. */
export function toSchema(schema: z.ZodType): object {
  return { ...z.toJSONSchema(schema, { io: 'input' }), $schema: undefined };
}

/** The schemas of all answers. */
export const answerSchemas = Object.fromEntries(
  Object.entries(answers).map(([name, schema]) => [name, toSchema(schema)]),
) as Record<keyof typeof answers, object>;
