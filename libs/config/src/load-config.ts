import { readFileSync } from 'node:fs';
import { AppError, errorMessage } from '@swfx/errors';
import type { z } from 'zod';

export type Environment = Record<string, string | undefined>;

/**
 * Reads one service's configuration from environment variables. The schema's keys are the variables' names, so
 * that nothing is mapped by hand. An empty variable counts as absent. Throws `invalid_configuration` that names
 * every problem at once, and never a secret's value.
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
  return Object.freeze(result.data);
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
