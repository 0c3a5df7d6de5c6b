// Where a file of the technician's goes until it is whole: memory while it is
// small, the browser's private file system when it is not.

/** Kept in memory up to this many bytes. */
export const inMemory = 64 << 20;

export interface Sink {
  write(data: Uint8Array): void;
  /** The whole file. Nothing may be written after. */
  blob(): Promise<Blob>;
  /** Forgets what was written. */
  drop(): Promise<void>;
}

interface SyncHandle { write(data: Uint8Array): number; flush(): void; close(): void }

/** Throws a RangeError when a file is larger than this browser can take. */
export async function openSink(id: string, size: number): Promise<Sink> {
  if (size <= inMemory) return memory();
  const storage = navigator.storage as StorageManager | undefined;
  if (!storage?.getDirectory) throw new RangeError("no private file system");
  const root = await storage.getDirectory(), name = `fetched-${id}`;
  const { quota, usage } = await storage.estimate();
  if (quota !== undefined && size > quota - (usage ?? 0)) throw new RangeError("no room");
  const entry = await root.getFileHandle(name, { create: true });
  const handle = await (entry as unknown as { createSyncAccessHandle(): Promise<SyncHandle> }).createSyncAccessHandle();
  let open = true;
  const close = (): void => {
    if (open) handle.close();
    open = false;
  };
  return {
    write(data) {
      if (handle.write(data) !== data.length) throw new Error("the disk is full");
    },
    async blob() {
      if (open) handle.flush();
      close();
      return entry.getFile();
    },
    async drop() {
      close();
      await root.removeEntry(name).catch(() => undefined);
    },
  };
}

function memory(): Sink {
  let parts: Uint8Array[] = [];
  return {
    write(data) { parts.push(data); },
    async blob() { return new Blob(parts as BlobPart[]); },
    async drop() { parts = []; },
  };
}

/** Removes what an earlier visit left. */
export async function clearSinks(): Promise<void> {
  const root = await navigator.storage?.getDirectory?.();
  if (!root) return;
  for await (const name of (root as unknown as { keys(): AsyncIterable<string> }).keys()) {
    if (name.startsWith("fetched-")) await root.removeEntry(name).catch(() => undefined);
  }
}
