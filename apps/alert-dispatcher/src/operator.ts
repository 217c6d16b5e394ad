import { userInfo } from 'node:os';
import { runOperator } from './operator/run-operator';

void runOperator(process.argv.slice(2), {
  environment: process.env,
  user: systemUser(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
}).then((exitCode) => {
  process.exitCode = exitCode;
});

/** A container may run under a number that has no name. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
