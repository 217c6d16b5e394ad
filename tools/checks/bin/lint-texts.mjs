/**
 * Lints texts as if they stood in files of the repository, with the repository's own rules less those that need
 * types. Reads `[{ file, text }]` as JSON, writes each one's findings, in the same order.
 */
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

// The boundaries rule reads the graph of the projects from nx's cache, and passes over everything without one.
process.env['NX_DAEMON'] = 'false';
await createProjectGraphAsync({ exitOnError: false });

const eslint = new ESLint({
  cwd: fileURLToPath(new URL('../../..', import.meta.url)),
  overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }],
});
const findings = [];
for (const { file, text: code } of JSON.parse(await text(process.stdin))) {
  const [result] = await eslint.lintText(code, { filePath: file });
  findings.push(result?.messages ?? []);
}
process.stdout.write(JSON.stringify(findings));
