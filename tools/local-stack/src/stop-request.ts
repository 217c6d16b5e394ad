/** The wish of whoever runs the stack that it should end: Ctrl-C, `kill`, a terminal that is closed. */
export type StopRequest = {
  signal: AbortSignal;
  requested: Promise<void>;
  /** What is done when it comes a second time, before this process ends at once (exit 130). */
  onForce: (force: () => void) => void;
};

/** Listens for it from now on. */
export function listenForStop(): StopRequest {
  // Each child has a listener for our exit.
  process.setMaxListeners(30);
  const controller = new AbortController();
  let force: () => void = () => undefined;
  const requested = new Promise<void>((resolve) =>
    controller.signal.addEventListener('abort', () => resolve()),
  );
  const onSignal = (): void => {
    if (!controller.signal.aborted) return controller.abort();
    force();
    process.exit(130);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return { signal: controller.signal, requested, onForce: (act) => void (force = act) };
}
