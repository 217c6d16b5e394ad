import { isNamed, mentionedPaths } from './mentioned-paths';
import { isCommand, mentionedCommands } from './mentioned-commands';
import { loadSource } from './load-source';
import { readText, repositoryFiles } from './repository';

interface CommandTree {
  name(): string;
  commands: readonly CommandTree[];
}

const files = repositoryFiles();
const topNames = [...new Set(files.map((path) => path.split('/')[0] ?? ''))];
const documents = files.filter((path) => /^([A-Z]+|docs\/.*)\.md$/.test(path));

/** Of the root, and of every project in its own folder. */
const scripts = files.filter((path) => path.endsWith('package.json')).flatMap(scriptsOf);
const { createProgram } = loadSource<{ createProgram(environment: object): CommandTree }>(
  'tools/swfx/src/create-program.ts',
);
const swfx = leaves(createProgram({}));

function scriptsOf(path: string): string[] {
  return Object.keys((JSON.parse(readText(path)) as { scripts: object }).scripts);
}

function leaves(tree: CommandTree, above = ''): string[] {
  return tree.commands.flatMap((child) => {
    const name = `${above}${child.name()}`;
    return child.commands.length > 0 ? leaves(child, `${name} `) : [name];
  });
}

test.each(documents)('%s names only paths that exist', (document) => {
  const missing = mentionedPaths(document, readText(document), topNames).filter(
    (path) => !isNamed(path, files),
  );
  expect(missing).toEqual([]);
});

test.each(documents)('%s names only commands that exist', (document) => {
  const unknown = mentionedCommands(readText(document)).filter(
    (command) => !isCommand(command, scripts, swfx),
  );
  expect(unknown).toEqual([]);
});
