import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server of this machine that a test can cut: whoever uses it is partitioned, and all others are not. */
export type CuttableLine = {
  /** Where to connect instead of to the server. */
  port: number;
  /** From now on nothing is delivered in either direction, and nobody is told: connections stay open, and silent. */
  cut: () => void;
  /** Delivers what was held back, and all that follows. */
  mend: () => void;
  stop: () => Promise<void>;
};

export async function startCuttableLine(target: { port: number }): Promise<CuttableLine> {
  const ends = new Set<Socket>();
  let isCut = false;

  function carry(from: Socket, to: Socket): void {
    ends.add(from);
    from.on('data', (bytes) => void to.write(bytes));
    from.on('close', () => {
      ends.delete(from);
      to.destroy();
    });
    from.on('error', () => to.destroy());
    if (isCut) from.pause();
  }
  const server = createServer((near) => {
    const far = connect(target.port, '127.0.0.1');
    carry(near, far);
    carry(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const end of ends) end.pause();
    },
    mend() {
      isCut = false;
      for (const end of ends) end.resume();
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const end of ends) end.destroy();
      await closed;
    },
  };
}
