import { isCommand, mentionedCommands } from './mentioned-commands';

test('finds commands in code spans and in fenced blocks, without their options', () => {
  const text =
    'Run `npm run docs`, then:\n```bash\nnpx swfx keys list --json   # the keys\nnpm start -- --reset\nls\n```\n';
  expect(mentionedCommands(text)).toEqual(['npm run docs', 'npx swfx keys list', 'npm start']);
});

test('tells a command that exists from one that does not', () => {
  const exists = (command: string) =>
    isCommand(command, ['docs', 'start'], ['keys list', 'logs', 'backup show']);
  expect(
    ['npm start', 'npm run docs', 'npx swfx keys list', 'npx swfx logs', 'npx swfx backup show abc'].every(
      exists,
    ),
  ).toBe(true);
  expect(['npm run doc', 'npx swfx keys', 'npx swfx keys lists', 'swfx log'].some(exists)).toBe(false);
});
