import { describeStorm } from './describe-storm';
import { runStorm } from './run-storm';

// The full one is `npm run storm:keys`.
test('keys rotate through a storm, and no valid token is refused, no invalid one accepted', async () => {
  const report = await runStorm({
    rotations: 3,
    rounds: 4,
    maximumSeconds: 150,
    rotationsBetween: 0,
    callers: 4,
    log: () => undefined,
  });
  process.stdout.write(`${describeStorm(report)}\n`);
  expect(report).toMatchObject({ validRefused: [], invalidAccepted: [], brokenPromises: [] });
  expect(report.rotations).toBeGreaterThanOrEqual(3);
  expect(report.accepted).toBeGreaterThan(0);
  expect(report.refreshes).toBeGreaterThan(0);
  expect(report.forgeriesRefused).toBeGreaterThan(0);
  expect(Object.keys(report.injected).length).toBeGreaterThanOrEqual(3);
});
