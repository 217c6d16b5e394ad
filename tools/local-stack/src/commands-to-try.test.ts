import { commandsToTry } from './commands-to-try';
import { layoutOf } from './state/layout';
import { usualPorts } from './machine/ports';

describe('commandsToTry', () => {
  it('prints the queries of the monitoring guide as they stand there', () => {
    const commands = commandsToTry(layoutOf('/clone'), usualPorts, 'secret');
    expect(commands).toContain('curl -s http://localhost:9090/metrics | grep jwt_key_rotations_total');
    expect(commands).toContain(`grep '"action":"db_backup_succeeded"' logs/audit.log | jq .`);
    expect(commands).toContain('npx swfx status');
  });

  it('names the state folder of a stack that keeps its own', () => {
    const commands = commandsToTry(layoutOf('/clone', '/clone/../other'), usualPorts, 'secret');
    expect(commands.at(-1)).toBe('SWFX_STATE_DIR=/clone/../other npx swfx status');
  });
});
