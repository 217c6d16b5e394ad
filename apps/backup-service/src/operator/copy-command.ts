import type { Environment } from '@swfx/config';
import { operatorName } from '@swfx/service';
import type { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import { hastenCopies } from '../catalogue/copies';
import { withFoundation } from './with-foundation';

/** Adds `swfx backup copy`. */
export function addCopyCommand(backup: Command, environment: Environment): void {
  backup
    .command('copy')
    .description('Makes every second copy that is behind due now, rather than within the hour')
    .action(async () => {
      const due = await withFoundation(environment, ({ audit }) =>
        audit.transaction(async (client, note) => {
          const count = await hastenCopies(client);
          await note({
            action: 'sensitive_operation_performed',
            outcome: 'success',
            actor: operatorName(),
            subject: null,
            operationId: randomUUID(),
            fields: { command: 'backup copy', reason: 'operator_request' },
          });
          return count;
        }),
      );
      process.stdout.write(describeDue(due));
    });
}

function describeDue(count: number): string {
  if (count === 0) return 'No second copy is behind.\n';
  const copies = count === 1 ? 'One second copy is' : `${count} second copies are`;
  return `${copies} due; backup-service makes them now.\n`;
}
