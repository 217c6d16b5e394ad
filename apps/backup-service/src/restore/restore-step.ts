import type { Client } from 'pg';
import type { RestoreClaim } from '../catalogue/restores';

/** A step of a restore that a runner has in hand. */
export interface RestoreStepInHand {
  claim: RestoreClaim;
  signal: AbortSignal;
  /** Makes this the only runner that the server listens to; throws when the step is no longer this runner's. */
  takeServer(session: Client): Promise<void>;
  /** Says that a phase begins; throws when the step is no longer this runner's. */
  enterPhase(phase: string): Promise<void>;
  /** Told how many bytes of the dump the new database was given. */
  onBytes(restoredBytes: number): void;
}
