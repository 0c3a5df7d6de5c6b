// Files of a session, both ways. What the engineer offers is read, hashed,
// asked for and sent; what the technician sends is taken in, held against its
// hash and handed to the page. A lost link only pauses them.

import { Sha256 } from "./sha256";
import { Sink, inMemory, openSink } from "./sink";
import { Part, hex } from "./part";
import { FileState, Message, fileWindow } from "./wire";

const readSize = 1 << 20;
/** Bytes taken in between two answers to the sending end. */
const tellEvery = 512 << 10;
/** How often the page hears of progress, in ms: as eyes can follow. */
const reportEach = 100;

interface Common { id: string; state: FileState; over: boolean; cancelled: boolean; paused: boolean; reported: number }

/** A file to the technician. */
interface Outgoing extends Common {
  to: "pc";
  file: File;
  decided?: (granted: boolean) => void;
  held: number; // bytes the host has
  run: number; // counts the loops that send: an older one stops
  wake?: () => void;
}

/** A file from the technician. */
interface Incoming extends Common {
  to: "us";
  name: string;
  size: number;
  sha256: string;
  sum: Sha256 | null; // null: small enough to be hashed at once when it is whole
  sink?: Sink;
  waiting: Uint8Array[]; // until the sink is open
  got: number;
  told: number;
  ended: boolean;
  settling: boolean;
}

export interface FilesPort {
  say(m: Message): Promise<void>;
  /** Resolves when these bytes of a file have gone out and more may come. */
  part(id: string, at: number, data: Uint8Array): Promise<void>;
  report(id: string, state: FileState, done: number, why?: string): void;
  /** A file came whole, with the hash that was promised. */
  fetched(id: string, name: string, blob: Blob): void;
}

export class Files {
  private readonly jobs = new Map<string, Outgoing | Incoming>();

  constructor(private readonly port: FilesPort) {}

  /** ID is 32 hexadecimal digits: they are in front of every chunk. */
  async offer(id: string, file: File, reason?: string, ticket?: string): Promise<void> {
    const job: Outgoing = { to: "pc", id, file, state: "reading", over: false, cancelled: false, paused: false, reported: 0, held: 0, run: 0 };
    this.jobs.set(id, job);
    try {
      const sha256 = await this.hash(job);
      if (job.over) return;
      const granted = new Promise<boolean>((resolve) => { job.decided = resolve; });
      this.set(job, "asked", 0);
      await this.port.say({ t: "ask-file", id, file: { name: file.name, size: file.size, sha256 }, ...(reason && { reason }), ...(ticket && { ticket }) });
      if (await granted && !job.paused) await this.send(job, 0);
    } catch (error) {
      this.broke(job, error);
    }
  }

  /** What broke off while it was sent waits: the link's state tells what for. */
  private broke(job: Outgoing, error: unknown): void {
    if (job.over || job.paused) return;
    if (job.state !== "sending" && job.state !== "checking") return this.end(job, "failed", String(error));
    job.paused = true;
    this.stop(job);
    this.port.report(job.id, "paused", done(job));
  }

  cancel(id: string): void {
    const job = this.jobs.get(id);
    if (job) job.cancelled = true;
    void this.port.say({ t: "cancel", id }).catch(() => undefined);
    // One that the host does not know of yet, or not any more, ends here.
    if (job && (job.state === "reading" || job.paused)) this.end(job, "failed", "withdrawn");
  }

  /** The link is lost: what was asked is withdrawn, what runs waits. */
  pause(): void {
    for (const job of [...this.jobs.values()]) {
      if (job.state === "reading") continue; // nobody was asked yet
      if (job.state === "asked") {
        this.end(job, "failed", "link-lost");
        continue;
      }
      job.paused = true;
      if (job.to === "pc") this.stop(job);
      this.port.report(job.id, "paused", done(job));
    }
  }

  /** The session goes on over a new link. */
  resume(): void {
    for (const job of this.jobs.values()) {
      if (job.paused) void this.port.say({ t: "resume-file", id: job.id, done: job.to === "us" ? held(job) : 0 }).catch(() => undefined);
    }
  }

  /** The session is over, and with it every transfer. */
  lost(): void {
    for (const job of [...this.jobs.values()]) this.end(job, "failed", "link-lost");
  }

  /** Looks at the host's messages; true when it was ours alone. */
  message(m: Message): boolean {
    if (!m.id) return false;
    const job = this.jobs.get(m.id);
    switch (m.t) {
      case "answer":
        if (m.granted && m.file && !job) this.receive(m.id, m.file);
        else if (job?.to === "pc") this.answer(job, m);
        return false;
      case "file-end":
        if (job?.to === "us") {
          job.ended = true;
          void this.settle(job);
        }
        return true;
      case "file":
        if (job) this.state(job, m);
        return job !== undefined && m.state === "running"; // the page hears of progress from us
    }
    return false;
  }

  /** A part of a file. Whoever gives it does not use its memory again. */
  part({ id, at, data }: Part): void {
    const job = this.jobs.get(id);
    if (job?.to !== "us" || job.paused) return;
    if (at !== null && at !== job.got) return this.refuse(job, "order");
    job.got += data.length;
    if (job.got > job.size) return this.refuse(job, "size");
    job.sum?.update(data);
    try {
      if (job.sink) job.sink.write(data);
      else job.waiting.push(data);
    } catch {
      return this.refuse(job, "disk");
    }
    if (job.got - job.told >= tellEvery && job.sink) this.tell(job);
    this.set(job, "receiving", job.got);
  }

  private answer(job: Outgoing, m: Message): void {
    if (!m.granted) this.end(job, m.why === "timeout" ? "timeout" : "denied", m.why);
    job.decided?.(m.granted === true);
  }

  private state(job: Outgoing | Incoming, m: Message): void {
    switch (m.state) {
      case "failed":
        return this.end(job, "failed", m.why);
      case "finished":
        if (job.to === "pc") this.end(job, "finished");
        return;
      case "checking": case "saving":
        if (job.to === "pc") {
          job.paused = false;
          this.set(job, "checking", job.file.size);
        }
        return;
      case "running":
        this.running(job, m.done ?? 0);
    }
  }

  private running(job: Outgoing | Incoming, at: number): void {
    if (job.to === "us") {
      if (!job.paused) return;
      job.paused = false;
      if (job.ended) void this.settle(job);
      this.set(job, "receiving", job.got);
      return;
    }
    if (job.paused) {
      job.paused = false;
      void this.send(job, at).catch((error: unknown) => this.broke(job, error));
      return;
    }
    job.held = Math.max(job.held, at);
    job.wake?.();
  }

  // To the technician.

  private async hash(job: Outgoing): Promise<string> {
    if (job.file.size <= inMemory) {
      this.set(job, "reading", 0);
      return digest(job.file);
    }
    const sum = new Sha256();
    for (let at = 0; at < job.file.size && !job.over; at += readSize) {
      this.set(job, "reading", at);
      sum.update(await bytes(job.file, at, readSize));
    }
    return sum.hex();
  }

  private stop(job: Outgoing): void {
    job.run++;
    job.wake?.();
  }

  private async send(job: Outgoing, from: number): Promise<void> {
    const run = ++job.run, size = job.file.size;
    const going = (): boolean => job.run === run && !job.over;
    job.held = from;
    let next = from < size ? bytes(job.file, from, readSize) : null;
    for (let at = from; next;) {
      const part = await next;
      next = at + part.length < size ? bytes(job.file, at + part.length, readSize) : null; // read while this goes out
      next?.catch(() => undefined);
      // No more than the host takes while its disk is busy; what the link takes,
      // the port sees to.
      while (going() && at + part.length - job.held > fileWindow) await new Promise<void>((go) => { job.wake = go; });
      if (!going()) return;
      await this.port.part(job.id, at, part);
      if (!going()) return;
      at += part.length;
      this.set(job, "sending", at);
    }
    if (!going()) return;
    this.set(job, "checking", size);
    await this.port.say({ t: "file-end", id: job.id });
  }

  // From the technician.

  private receive(id: string, file: { name: string; size: number; sha256: string }): void {
    const job: Incoming = {
      to: "us", id, name: file.name, size: file.size, sha256: file.sha256, state: "receiving", over: false, cancelled: false, paused: false, reported: 0,
      sum: file.size > inMemory ? new Sha256() : null, waiting: [], got: 0, told: 0, ended: false, settling: false,
    };
    this.jobs.set(id, job);
    this.set(job, "receiving", 0);
    openSink(id, file.size).then((sink) => {
      if (job.over) {
        void sink.drop();
        return;
      }
      for (const data of job.waiting) sink.write(data);
      job.waiting = [];
      job.sink = sink;
      this.tell(job);
      void this.settle(job);
    }).catch((error: unknown) => this.refuse(job, error instanceof RangeError ? "too-large-here" : "disk"));
  }

  private tell(job: Incoming): void {
    if (job.paused) return;
    job.told = job.got;
    void this.port.say({ t: "file", id: job.id, state: "running", done: job.got }).catch(() => undefined);
  }

  private refuse(job: Incoming, why: string): void {
    void this.port.say({ t: "file", id: job.id, state: "failed", why }).catch(() => undefined);
    this.end(job, "failed", why);
  }

  /** Looks at a file that came whole. */
  private async settle(job: Incoming): Promise<void> {
    if (!job.ended || !job.sink || job.over || job.paused || job.settling) return;
    if (job.got !== job.size) return this.refuse(job, "size");
    this.set(job, "checking", job.got);
    job.settling = true;
    try {
      const blob = await job.sink.blob();
      const sha256 = job.sum ? job.sum.copyHex() : await digest(blob);
      if (job.over || job.paused) return;
      if (sha256 !== job.sha256) return this.refuse(job, "hash");
      await this.port.say({ t: "file", id: job.id, state: "finished" });
      this.port.fetched(job.id, job.name, blob);
      delete job.sink; // the page has it now
      this.end(job, "finished");
    } catch {
      if (!job.paused) this.refuse(job, "disk");
    } finally {
      job.settling = false;
    }
  }

  private set(job: Outgoing | Incoming, state: FileState, at: number): void {
    if (job.over) return;
    const now = performance.now();
    if (state === job.state && now - job.reported < reportEach) return;
    job.state = state;
    job.reported = now;
    this.port.report(job.id, state, at);
  }

  private end(job: Outgoing | Incoming, state: FileState, why?: string): void {
    if (job.over) return;
    job.over = true;
    this.jobs.delete(job.id);
    if (job.to === "pc") {
      this.stop(job);
      job.decided?.(false);
    } else void job.sink?.drop();
    this.port.report(job.id, state, done(job), job.cancelled && state === "failed" ? "withdrawn" : why);
  }
}

/** By the browser itself, which is several times as fast but wants all at once. */
async function digest(blob: Blob): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())));
}

function done(job: Outgoing | Incoming): number { return job.to === "us" ? job.got : job.held; }

/** What our side surely has: of a sink that is not open, nothing is lost either. */
function held(job: Incoming): number { return job.got; }

async function bytes(file: File, at: number, size: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(at, at + size).arrayBuffer());
}
