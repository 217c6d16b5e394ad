import { runState } from './global-setup';

/** Ends what global-setup started. A run that is killed leaves nothing either: the server ends with its parent. */
export default async function globalTeardown(): Promise<void> {
  await runState.swfxTestPostgres?.stop();
}
