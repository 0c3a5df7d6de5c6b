// Files that are offered to the technician: read, hashed, asked for, sent.

import { Sha256 } from "./sha256";
import { FileState, FrameChunk, Message, maxChunk } from "./wire";

const readSize = 1 << 20;
/** Bytes that may be under way before the host has answered for them. */
const windowBytes = 2 << 20;
const pingEach = 512 << 10;

interface Job {
  file: File;
  cancelled: boolean;
  decided?: (granted: boolean) => void;
  failed: boolean;
  finished: boolean;
}

export interface FilesPort {
  say(m: Message): Promise<void>;
  send(kind: number, payload: Uint8Array): Promise<void>;
  report(id: string, state: FileState, done: number, why?: string): void;
}

export class Files {
  private readonly jobs = new Map<string, Job>();
  private pings = 0;
  private readonly waiting = new Map<number, () => void>();

  constructor(private readonly port: FilesPort) {}

  /** ID is 32 hexadecimal digits: they are in front of every chunk. */
  async offer(id: string, file: File): Promise<void> {
    const job: Job = { file, cancelled: false, failed: false, finished: false };
    this.jobs.set(id, job);
    try {
      const sha256 = await this.hash(id, job);
      if (job.cancelled) return this.port.report(id, "failed", 0, "withdrawn");
      const granted = new Promise<boolean>((resolve) => { job.decided = resolve; });
      this.port.report(id, "asked", 0);
      await this.port.say({ t: "ask-file", id, file: { name: file.name, size: file.size, sha256 } });
      if (!await granted) return;
      await this.send(id, job);
    } catch (error) {
      if (!job.failed) this.port.report(id, "failed", 0, job.cancelled ? "withdrawn" : String(error));
      job.failed = true;
    } finally {
      if (job.failed || job.finished || job.cancelled) this.jobs.delete(id);
    }
  }

  cancel(id: string): void {
    const job = this.jobs.get(id);
    if (!job) return;
    job.cancelled = true;
    void this.port.say({ t: "cancel", id }).catch(() => undefined);
  }

  /** The link is gone, and with it every transfer. */
  lost(): void {
    for (const [id, job] of this.jobs) {
      this.port.report(id, "failed", 0, "link-lost");
      job.failed = true;
      job.decided?.(false);
    }
    this.jobs.clear();
    for (const go of this.waiting.values()) go();
    this.waiting.clear();
  }

  /** Looks at the host's messages; true when it was ours alone. */
  message(m: Message): boolean {
    if (m.t === "pong" && m.seq) {
      this.waiting.get(m.seq)?.();
      this.waiting.delete(m.seq);
      return true;
    }
    const job = m.id ? this.jobs.get(m.id) : undefined;
    if (!job || !m.id) return false;
    if (m.t === "answer") {
      if (!m.granted) {
        this.port.report(m.id, m.why === "timeout" ? "timeout" : "denied", 0, m.why);
        this.jobs.delete(m.id);
      }
      job.decided?.(m.granted === true);
      return false;
    }
    if (m.t === "file" && m.state === "finished") {
      job.finished = true;
      this.jobs.delete(m.id);
      this.port.report(m.id, "finished", job.file.size);
    }
    if (m.t === "file" && m.state === "failed") {
      job.failed = true;
      this.jobs.delete(m.id);
      this.port.report(m.id, "failed", 0, m.why);
      job.decided?.(false);
    }
    return false;
  }

  private async hash(id: string, job: Job): Promise<string> {
    const sum = new Sha256();
    for (let at = 0; at < job.file.size && !job.cancelled; at += readSize) {
      this.port.report(id, "reading", at);
      sum.update(await bytes(job.file, at, readSize));
    }
    return sum.hex();
  }

  private async send(id: string, job: Job): Promise<void> {
    const key = new Uint8Array(16);
    for (let i = 0; i < 16; i++) key[i] = parseInt(id.slice(2 * i, 2 * i + 2), 16);
    const size = job.file.size;
    const open: Promise<void>[] = [];
    let sincePing = 0;
    for (let at = 0; at < size; at += readSize) {
      const part = await bytes(job.file, at, readSize);
      for (let from = 0; from < part.length; from += maxChunk) {
        if (job.cancelled) throw new Error("withdrawn");
        if (job.failed) return;
        const piece = part.subarray(from, from + maxChunk);
        const chunk = new Uint8Array(16 + piece.length);
        chunk.set(key);
        chunk.set(piece, 16);
        await this.port.send(FrameChunk, chunk);
        // A socket takes whatever it is given, so the host's answers set the
        // pace; otherwise input would wait behind the whole file.
        if ((sincePing += piece.length) >= pingEach) {
          sincePing = 0;
          open.push(this.ping());
          if (open.length >= windowBytes / pingEach) await open.shift();
        }
        this.port.report(id, "sending", at + from + piece.length);
      }
    }
    if (job.failed) return;
    this.port.report(id, "checking", size);
    await this.port.say({ t: "file-end", id });
  }

  private ping(): Promise<void> {
    const seq = ++this.pings;
    return new Promise((resolve, reject) => {
      this.waiting.set(seq, resolve);
      this.port.say({ t: "ping", seq }).catch(reject);
    });
  }
}

async function bytes(file: File, at: number, size: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(at, at + size).arrayBuffer());
}
