import { readFileSync } from 'node:fs';
import { AppError, errorMessage } from '@swfx/errors';
import type { z } from 'zod';
import { Secret } from './secret';

export type Environment = Record<string, string | undefined>;

/**
 * Reads one service's configuration from environment variables. The schema's keys are the variables' names, so
 * that nothing is mapped by hand. An empty variable counts as absent. A `Secret` that is given by a file follows it: who
 * replaces the file need not restart the service. Throws `invalid_configuration` that names every problem at once, and
 * never a secret's value.
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Environment,
): Readonly<z.output<z.ZodObject<Shape>>> {
  const problems: string[] = [];
  const input: Environment = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const value = readVariable(name, isSecret(field as z.ZodType), environment);
    if (value.problem) problems.push(value.problem);
    if (value.text !== undefined) input[name] = value.text;
  }
  const result = schema.safeParse(input);
  if (!result.success) problems.push(...sentences(result.error, problems));
  if (!result.success || problems.length > 0)
    throw new AppError('invalid_configuration', problems.join('; '));
  return Object.freeze(followFiles(result.data, { schema, input, environment }));
}

/** Replaces each secret that a file holds by one that reads the file at each use. */
function followFiles<Shape extends z.ZodRawShape>(
  config: z.output<z.ZodObject<Shape>>,
  loaded: { schema: z.ZodObject<Shape>; input: Environment; environment: Environment },
): z.output<z.ZodObject<Shape>> {
  const { schema, input, environment } = loaded;
  const followed = Object.entries(config).flatMap(([name, value]) => {
    const file = environment[name] ? undefined : environment[`${name}_FILE`];
    if (!file || !(value instanceof Secret)) return [];
    return [[name, new Secret(value.reveal(), renewalOf(name, file))] as const];
  });

  /** What the file holds now, where that is new and the service would start with it; half a file or none is not. */
  function renewalOf(name: string, file: string): () => string | undefined {
    let known = input[name];
    return () => {
      const { text } = readVariable(name, true, { [`${name}_FILE`]: file });
      if (text === undefined || text === known) return undefined;
      known = text;
      const result = schema.safeParse({ ...input, [name]: text });
      const value = result.success ? (result.data as Record<string, unknown>)[name] : undefined;
      return value instanceof Secret ? value.reveal() : undefined;
    };
  }
  return { ...config, ...Object.fromEntries(followed) };
}

/** Whether a field holds a secret, and may therefore be given as `NAME_FILE` too. */
export function isSecret(field: z.ZodType): boolean {
  if (field.meta()?.['secret'] === true) return true;
  const inner = (field.def as { innerType?: z.ZodType }).innerType;
  return inner !== undefined && isSecret(inner);
}

function readVariable(
  name: string,
  secret: boolean,
  environment: Environment,
): { text?: string; problem?: string } {
  const direct = environment[name] || undefined;
  const file = secret ? environment[`${name}_FILE`] || undefined : undefined;
  if (direct && file) return { text: direct, problem: `${name} and ${name}_FILE are both set; keep one` };
  if (!file) return { text: direct };
  try {
    return { text: readFileSync(file, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    return { problem: `${name}_FILE cannot be read (${errorMessage(error)})` };
  }
}

function sentences(error: z.ZodError, known: string[]): string[] {
  return error.issues
    .map((issue) => {
      const [name, ...inside] = issue.path;
      if (name === undefined) return issue.message;
      return `${String(name)} ${inside.length > 0 ? `at /${inside.join('/')} ` : ''}${issue.message}`;
    })
    .filter((sentence) => !known.some((problem) => problem.startsWith(`${sentence.split(' ')[0]}_FILE`)));
}
