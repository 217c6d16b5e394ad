import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the clone that this file is in, from whatever folder it is run. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
