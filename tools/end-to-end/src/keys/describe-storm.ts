import type { StormReport } from './run-storm';

/** The report as people read it: what was injected, what was carried through it, and what broke. */
export function describeStorm(report: StormReport): string {
  const { injected, validRefused, invalidAccepted, brokenPromises, ...counts } = report;
  const lines = [
    `${counts.rotations} rotations and ${counts.revocations} revocations in ${counts.seconds} s.`,
    'Injected:',
    ...Object.entries(injected).map(([name, count]) => `  ${String(count).padStart(4)} × ${name}`),
    `${counts.logins} logins; ${counts.refreshes} refreshes, ${counts.repeats} of them repeated; ${counts.logouts} logouts.`,
    `${counts.accepted} calls accepted; ${counts.forgeriesRefused} forgeries and ${counts.expiredRefused} expired tokens refused; ${counts.notAnswered} calls not answered.`,
    `${validRefused.length} valid tokens refused; ${invalidAccepted.length} invalid ones accepted; ${brokenPromises.length} promises broken.`,
    ...[...validRefused, ...invalidAccepted, ...brokenPromises].slice(0, 20).map((problem) => `  ${problem}`),
  ];
  return lines.join('\n');
}
