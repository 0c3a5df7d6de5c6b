// How much of a file may be under way: what the link carries within its own
// delay and a little more, so that it is never idle and nothing queues up for
// long before it. Pure: times come in, in milliseconds.

import { fileWindow, maxChunk } from "./wire";

const least = 32 << 10;
/** The queue, in milliseconds of the link's rate, that keeps it busy. */
const queue = 100;
const headroom = 1.25;
const kept = 10;

export class Pace {
  /** Bytes the other end holds. */
  done = 0;
  private limit = 64 << 10;
  private rtt = Infinity;
  private readonly marks: { end: number; at: number }[] = [];
  private readonly rates: number[] = [];
  private from = { done: 0, at: -1 };

  /** Bytes that may be sent now, when all before `at` were sent. */
  room(at: number): number { return Math.min(this.limit, fileWindow) - (at - this.done); }

  /** The size of one piece: small on a slow link, so that input finds a gap. */
  get piece(): number { return Math.max(4 << 10, Math.min(maxChunk, this.limit >> 2)); }

  sent(end: number, now: number): void { this.marks.push({ end, at: now }); }

  /** The other end holds so many bytes. */
  held(done: number, now: number): void {
    this.done = Math.max(this.done, done);
    let last: { end: number; at: number } | undefined;
    while (this.marks.length && this.marks[0]!.end <= this.done) last = this.marks.shift();
    if (last) this.rtt = Math.min(this.rtt, Math.max(now - last.at, 0.1));
    if (this.from.at < 0) {
      this.from = { done: this.done, at: now };
      return;
    }
    const span = now - this.from.at;
    if (span < Math.min(20, this.rtt)) return;
    this.rates.push((this.done - this.from.done) / span);
    if (this.rates.length > kept) this.rates.shift();
    this.from = { done: this.done, at: now };
    const rate = Math.max(...this.rates);
    this.limit = Math.floor(Math.max(least, Math.min(fileWindow, headroom * rate * (Math.min(this.rtt, 2000) + queue))));
  }
}
