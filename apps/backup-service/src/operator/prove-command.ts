import type { Environment } from '@swfx/config';
import { operatorName, printJson } from '@swfx/service';
import type { Command } from 'commander';
import { askForProof, followProof, type ProofReport } from './ask-for-proof';
import { showBackup } from './show-backup';
import { withFoundation } from './with-foundation';

/** Adds `swfx backup prove`. */
export function addProveCommand(backup: Command, environment: Environment): void {
  backup
    .command('prove')
    .description('Restores a backup into a throwaway server and compares it, again if it was proven before')
    .argument('<id>', 'its id, or as much of the beginning as is unique')
    .option('--json', 'for programs')
    .action(async (named: string, { json }: { json?: boolean }) => {
      const report = await withFoundation(environment, async (foundation) => {
        const { id, manifest, verdict_at: before } = await showBackup(foundation.pool, named);
        if (!manifest) throw new Error(`The run ${id} has made no backup.`);
        await askForProof(foundation, { id, requestedBy: operatorName() });
        const proof = await followProof(
          foundation.pool,
          id,
          (line) => void process.stderr.write(`${line}\n`),
        );
        return { ...proof, proven: isProven(proof, before) };
      });
      if (json) printJson(report);
      else process.stdout.write(`${describeProof(report)}\n`);
      if (!report.proven) process.exitCode = 1;
    });
}

/** A proof that could not be made again leaves the verdict of before as it was, with its time. */
function isProven({ verdict, verdict_at: at }: ProofReport, before: Date | null): boolean {
  return ['PROVEN', 'RESTORED'].includes(verdict) && at?.getTime() !== before?.getTime();
}

function describeProof(report: ProofReport & { proven: boolean }): string {
  const { id, database, verdict, verdict_reason: reason, proof_seconds: seconds } = report;
  if (report.proven) {
    const but = reason === null ? '' : `; ${reason}`;
    return `Backup ${id} of ${database} is ${verdict}: restored and compared in ${seconds?.toFixed(1)} s${but}.`;
  }
  return `Backup ${id} of ${database} is ${verdict}: ${reason}.`;
}
