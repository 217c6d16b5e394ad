import { rename, writeFile } from 'node:fs/promises';

/** Replaces a file in one step, readable by its owner alone: a reader sees the old text or the new one. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, file);
}
