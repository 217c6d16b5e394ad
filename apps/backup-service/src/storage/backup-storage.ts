import type { Readable } from 'node:stream';

export interface StoredObject {
  key: string;
  sizeBytes: number;
}

export interface PutHints {
  /** About how much is to come, where that is known. */
  expectedBytes?: number;
  /** Fail rather than replace an object, where the storage can tell. */
  onlyIfAbsent?: boolean;
}

/**
 * Where backups are kept. Keys are paths of plain names. An object is there whole or not at all: `put` resolves once
 * it would survive a loss of power, and leaves nothing behind when it fails.
 */
export interface BackupStorage {
  /** Its label in metrics and in the catalogue. */
  readonly name: string;
  /** Where it is, for people: a folder, or `s3://bucket/prefix`. Two storages of one place are the same one. */
  readonly place: string;
  /** Stores a stream; an object of that key is replaced. Rejects with `BackupError` of reason `storage_failed`. */
  put(key: string, content: AsyncIterable<Buffer>, signal: AbortSignal, hints?: PutHints): Promise<void>;
  /**
   * The content of an object; undefined when there is none. What goes wrong while it is read is a `BackupError` of
   * reason `storage_failed` too: to whoever reads, a broken storage must not look like a broken backup.
   */
  get(key: string): Promise<Readable | undefined>;
  /** All objects whose key starts with a prefix, leftovers of interrupted work among them. */
  list(prefix: string): Promise<StoredObject[]>;
  /** Removes an object; one that is not there is as good as removed. */
  remove(key: string): Promise<void>;
  /** Bytes that can still be stored; undefined where there is no such limit. */
  freeBytes(): Promise<number | undefined>;
  /** Gives up uploads that were begun before a time and are in no list; says how many. */
  sweepUploads(begunBefore: Date): Promise<number>;
}
