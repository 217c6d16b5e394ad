import { findPostgresPrograms, programFolders } from '@swfx/postgres-server';
import type { PostgresPrograms } from '@swfx/postgres-server';

/**
 * Which Postgres runs the stack: the newest, unless there is data of another major whose programs are still installed.
 * Data of a major that is gone is left alone; `notice` says so in a sentence.
 */
export async function choosePostgres(
  newest: PostgresPrograms,
  majorsWithData: number[],
  path: string | undefined,
): Promise<{ programs: PostgresPrograms; notice?: string }> {
  if (!majorsWithData.length || majorsWithData.includes(newest.major)) return { programs: newest };
  const searchPaths = await programFolders(path);
  for (const major of [...majorsWithData].sort((a, b) => b - a)) {
    const found = await findPostgresPrograms({ major, searchPaths });
    if (found.found) return { programs: found.programs };
  }
  const majors = majorsWithData.join(', ');
  const notice = `The data of Postgres ${majors} is left alone; Postgres ${newest.major} starts with a new folder.`;
  return { programs: newest, notice };
}
