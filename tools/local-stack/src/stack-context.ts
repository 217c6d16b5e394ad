import type { Progress, Output } from './screen/progress';
import type { StartOptions } from './start-options';
import type { StopRequest } from './stop-request';

/** What a start is given from outside. */
export type StackContext = {
  root: string;
  options: StartOptions;
  output: Output;
  progress: Progress;
  stop: StopRequest;
  inherited: { path?: string; home?: string };
  /** Bundles what has changed and resolves with the names of the projects whose bundle is another now. */
  rebuild: () => Promise<string[]>;
};
