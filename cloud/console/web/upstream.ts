// The way up to the host. A socket takes whatever it is given, and what the
// engineer types would wait behind a whole file: so no more of a file is under
// way than the host has answered for lately, and it is cut into pieces the link
// carries in a moment. Everything else goes out at once, before what waits.
//
// The host handles frames in order: the pong to a ping behind a piece says that
// the piece has arrived. On a quick link one ping stands behind many pieces.

import { frame, most } from "./part";
import type { Message } from "./wire";

type Send = (kind: number, payload: Uint8Array) => Promise<void>;

/** Pings of ours are told from others' by their numbers. */
const firstPing = 0x40000000;
const start = 32 << 10, least = 8 << 10;
const queueMS = 50; // of bytes that may wait in front of an input
const pieceMS = 20;
const windowMS = 10_000; // after that the round trip is measured anew
const marksInWindow = 8;
const together = 3; // pieces that are sealed and handed on at the same time

interface Mark { end: number; at: number; acked: number; ackedAt: number }
interface Waiting { id: string; at: number; data: Uint8Array; done: number; resolve(): void; reject(why: Error): void }

export class Upstream {
  private sent = 0; // bytes of files
  private marked = 0; // of them, in front of a ping
  private acked = 0;
  private ackedAt = 0;
  private readonly marks = new Map<number, Mark>();
  private ping = firstPing;
  private least = Infinity; // round trip, ms
  private leastAt = 0;
  private rate = 0; // bytes a ms
  private window = start;
  private queue: Waiting[] = [];
  private busy = false;
  private under: Promise<void>[] = []; // pieces that are being handed on

  /** The newest round trip in ms; 0: none yet. */
  rtt = 0;
  /** Files go over the file lane. */
  lane = false;

  constructor(private readonly raw: Send, private readonly say: (m: Message) => Promise<void>) {}

  /** Resolves when these bytes of a file have gone out and the next may come. */
  file(id: string, at: number, data: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push({ id, at, data, done: 0, resolve, reject });
      void this.go();
    });
  }

  /** Measures the round trip, beside what files' own pings tell. */
  async measure(): Promise<void> {
    if (this.marks.size > 0) return; // one is under way
    await this.mark();
  }

  /** True when the pong was to a ping of ours. */
  pong(seq: number): boolean {
    if (seq < firstPing) return false;
    const m = this.marks.get(seq);
    if (!m) return true; // of a link before
    this.marks.delete(seq);
    const now = performance.now();
    this.rtt = now - m.at;
    if (this.rtt <= this.least || now - this.leastAt > windowMS) {
      this.least = this.rtt;
      this.leastAt = now;
    }
    if (m.end > this.acked) {
      const sample = (m.end - m.acked) / Math.max(now - m.ackedAt, this.least, 0.1);
      const queued = this.rtt - this.least > 2 * queueMS;
      this.rate = queued ? sample : Math.max(sample, this.rate * 0.98);
      this.acked = m.end;
      this.ackedAt = now;
      // Not by leaps: a few bytes say little about a rate.
      this.window = Math.max(least, Math.min(this.rate * (this.least + queueMS), 2 * this.window));
    }
    void this.go();
    return true;
  }

  /** The link is gone, and with it what waits. */
  reset(): void {
    const waiting = this.queue;
    this.queue = [];
    this.marks.clear();
    this.under = [];
    this.sent = this.marked = this.acked = this.rate = this.rtt = 0;
    this.least = Infinity;
    this.window = start;
    for (const w of waiting) w.reject(new Error("link-lost"));
  }

  private async mark(): Promise<void> {
    const seq = this.ping = this.ping === 0x7fffffff ? firstPing : this.ping + 1;
    const now = performance.now();
    if (this.sent === this.acked) this.ackedAt = now;
    this.marks.set(seq, { end: this.sent, at: now, acked: this.acked, ackedAt: this.ackedAt });
    this.marked = this.sent;
    await this.say({ t: "ping", seq });
  }

  /** Sends pieces of what waits while the window lets it. */
  private async go(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let w = this.queue[0]; w; w = this.queue[0]) {
        try {
          if (!await this.piece(w)) return; // a pong goes on
        } catch (error) {
          if (this.queue[0] === w) this.queue.shift();
          w.reject(error instanceof Error ? error : new Error(String(error)));
          continue;
        }
        if (this.queue[0] === w && w.done === w.data.length) {
          this.queue.shift();
          w.resolve();
        }
      }
    } finally {
      this.busy = false;
    }
  }

  /** Sends one piece; false: not now. */
  private async piece(w: Waiting): Promise<boolean> {
    const under = this.sent - this.acked;
    const size = Math.floor(Math.min(Math.max(2 << 10, this.rate * pieceMS), most(this.lane), w.data.length - w.done));
    if (under > 0 && under + size > this.window) {
      if (this.marked < this.sent) this.mark().catch(() => undefined);
      return false;
    }
    if (this.sent === this.acked) this.ackedAt = performance.now();
    this.sent += size;
    const [kind, payload] = frame(this.lane, w.id, w.at + w.done, w.data.subarray(w.done, w.done + size));
    const given = this.raw(kind, payload);
    given.catch(() => undefined); // whoever waits for it hears of it
    this.under.push(given);
    // The last of a part: what follows it, a ping or the file's end, is behind it.
    while (this.under.length >= together || (this.under.length > 0 && w.done + size === w.data.length)) await this.under.shift();
    if (this.queue[0] !== w) return true; // reset meanwhile
    w.done += size;
    if (this.sent - this.marked >= Math.min(this.window / marksInWindow, this.sent - this.acked)) this.mark().catch(() => undefined);
    return true;
  }
}
