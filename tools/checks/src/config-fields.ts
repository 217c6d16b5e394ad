import { isSecret } from '@swfx/config';
import type { z } from 'zod';
import { loadSource } from './load-source';
import type { ServiceName } from './services';

/** One environment variable of a service, as its schema declares it. */
export interface ConfigField {
  name: string;
  description: string;
  /** What is accepted, in words: the schema's own complaint about nonsense, turned round. */
  accepts: string;
  secret: boolean;
  /** As it would be written in the environment; undefined when there is no default. */
  defaultValue: string | undefined;
  required: boolean;
}

/** The schema that a service reads its environment with. */
export function configSchemaOf(service: ServiceName): z.ZodObject {
  return loadSource<{ configSchema: z.ZodObject }>(`apps/${service}/src/config.ts`).configSchema;
}

/** The variables of a service, in the order of its schema. */
export function configFieldsOf(service: ServiceName): ConfigField[] {
  const { shape } = configSchemaOf(service);
  return Object.entries(shape).map(([name, field]) => configField(name, field as z.ZodType));
}

export function configField(name: string, field: z.ZodType): ConfigField {
  const whenAbsent = field.safeParse(undefined);
  return {
    name,
    description: descriptionOf(field) ?? '',
    accepts: acceptsOf(field),
    secret: isSecret(field),
    defaultValue: whenAbsent.success ? written(whenAbsent.data) : undefined,
    required: !whenAbsent.success,
  };
}

function descriptionOf(field: z.ZodType): string | undefined {
  const inner = (field.def as { innerType?: z.ZodType }).innerType;
  return field.description ?? (inner && descriptionOf(inner));
}

/** Values that no kind of variable but free text takes: nonsense, and a number beyond every bound. */
const nonsense = ['\u0001', '999999999999999'];

function acceptsOf(field: z.ZodType): string {
  const complaints = nonsense.flatMap((value) => field.safeParse(value).error?.issues ?? []);
  const accepted = complaints.map(({ message }) => /^must be (JSON|.*)/.exec(message)?.[1]);
  return [...new Set(accepted.filter(Boolean))].join(' ') || 'text';
}

function written(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
