import { killPoints } from './kill-points';
import { runKillStorm } from './run-kill-storm';

// The full one is `npm run storm:backup`.
test('a backup whose process is killed is made by the next, and nothing that lies there meanwhile looks like one', async () => {
  const names = [
    '4096 bytes of the dump have been written',
    'the manifest is written, and nobody has been told',
  ];
  const points = killPoints.filter(({ name }) => names.includes(name));
  const report = await runKillStorm({ points, turns: 1, log: () => undefined });
  expect(report).toMatchObject({ kills: 2, proven: 2, brokenPromises: [] });
  expect(report.rounds).toMatchObject([{ backups: 0, leftovers: 1 }, { backups: 1 }]);
});
