/**
 * A storage that is waited for no longer than so long. A folder on a dead mount never answers, and nothing can end the
 * call: it is left behind, in one of the few threads that there are for files. So that not one after the other is lost,
 * nothing more is asked before it has come back. What a storage is given, or asked for, slowly is not its fault: only the
 * time counts in which it is its turn.
 */
import { BackupError } from '../backup-error';
import type { BackupStorage } from './backup-storage';

/** Lays patience over a storage. */
export function withPatience(storage: BackupStorage, patienceMs: number): BackupStorage {
  let stuck = 0;
  const silent = () =>
    new BackupError('storage_failed', `${storage.place} has said nothing for ${patienceMs / 1000} s`);

  async function within<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
    if (stuck > 0) throw silent();
    const turn = createTurn(patienceMs);
    turn.begin();
    const answer = work(turn);
    try {
      return await Promise.race([answer, turn.over.then(() => Promise.reject(silent()))]);
    } catch (error) {
      if (turn.isOver()) {
        stuck += 1;
        void answer.catch(() => undefined).finally(() => (stuck -= 1));
      }
      throw error;
    } finally {
      turn.end();
    }
  }
  return {
    ...storage,
    put: (key, content, signal, hints) =>
      within((turn) => storage.put(key, turn.given(content), signal, hints)),
    get: (key) => within(() => storage.get(key)),
    list: (prefix) => within(() => storage.list(prefix)),
    remove: (key) => within(() => storage.remove(key)),
    freeBytes: () => within(() => storage.freeBytes()),
    sweepUploads: (begunBefore) => within(() => storage.sweepUploads(begunBefore)),
  };
}

interface Turn {
  begin(): void;
  end(): void;
  /** The same content; while it is awaited, it is not the storage's turn. */
  given(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void>;
  isOver(): boolean;
  /** Resolves when it took too long. */
  over: Promise<void>;
}

function createTurn(patienceMs: number): Turn {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  let tooLong: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (tooLong = resolve));
  const end = () => clearTimeout(timer);
  const begin = () => {
    end();
    timer = setTimeout(() => {
      isOver = true;
      tooLong();
    }, patienceMs);
  };
  return {
    begin,
    end,
    async *given(content) {
      end();
      for await (const chunk of content) {
        begin();
        yield chunk;
        end();
      }
      begin();
    },
    isOver: () => isOver,
    over,
  };
}
