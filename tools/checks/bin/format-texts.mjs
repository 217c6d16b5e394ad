/** Formats texts as prettier would in the repository. Reads `{ path: text }` as JSON, writes the same, formatted. */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const formatted = {};
for (const [path, content] of Object.entries(JSON.parse(await text(process.stdin)))) {
  const filepath = join(root, path);
  formatted[path] = await format(content, { ...(await resolveConfig(filepath)), filepath });
}
process.stdout.write(JSON.stringify(formatted));
