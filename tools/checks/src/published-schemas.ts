import { alertSchema } from '@swfx/alerts';
import { auditJsonSchema } from '@swfx/audit';
import { facts, jobSchema, taskNames } from '@swfx/messaging';
import { z } from 'zod';
import { loadSource } from './load-source';

const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** The JSON Schemas (2020-12) that others may rely on, by file name. */
export function publishedSchemas(): Record<string, object> {
  return {
    'audit-record.schema.json': auditJsonSchema(),
    'alert.schema.json': titled(
      'An alert, as the intake accepts it',
      z.toJSONSchema(alertSchema, { io: 'input' }),
    ),
    'alertmanager-webhook.schema.json': titled(
      'Alertmanager’s webhook, version 4, as the intake accepts it',
      z.toJSONSchema(alertmanagerWebhook(), { io: 'input' }),
    ),
    'job.schema.json': titled(
      `A job of the queues ${taskNames.join(', ')}: a doorbell that names a row`,
      z.toJSONSchema(jobSchema, { io: 'input' }),
    ),
    'facts.schema.json': {
      $schema: dialect,
      title: 'The messages on Redis pub/sub, one definition a topic',
      $defs: Object.fromEntries(Object.values(facts).map((fact) => [fact.topic, factSchema(fact)])),
    },
  };
}

function alertmanagerWebhook(): z.ZodType {
  const path = 'apps/alert-dispatcher/src/intake/alertmanager-webhook.ts';
  return loadSource<{ alertmanagerWebhookSchema: z.ZodType }>(path).alertmanagerWebhookSchema;
}

function titled(title: string, schema: object): object {
  return { ...schema, $schema: dialect, title };
}

/** Unknown fields are allowed on purpose: a reader of version N understands what N+1 adds. */
function factSchema({ v, schema }: (typeof facts)[keyof typeof facts]): object {
  const { $schema: _, ...message } = z.toJSONSchema(z.object({ v: z.literal(v), data: schema }), {
    io: 'input',
  });
  return message;
}
