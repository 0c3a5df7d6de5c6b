// What is answered to the host: how many bytes of pictures and files arrived,
// and which picture shows. The host sends no more than that lets it, so that
// nothing queues up on a slow link: see session/flow.

import { FrameAck, holdAckMS } from "./wire";

type Send = (kind: number, payload: Uint8Array) => Promise<void>;

export class Acks {
  private received = 0;
  private arrived = 0; // when the newest of them came, in ms
  private seq = 0;
  private news = false;
  private timer = 0;
  private sending = false;
  private urgent = false; // one that is due waits for the one being sent

  constructor(private readonly send: Send) {}

  /** A picture or a piece of a file came. */
  got(bytes: number): void {
    this.received += bytes;
    this.arrived = performance.now();
    this.news = true;
  }

  /** A picture shows. */
  shown(seq: number, wanted: boolean): void {
    this.seq = seq;
    this.due(wanted);
  }

  /** Answers at once, or together with what comes soon. */
  due(atOnce: boolean): void {
    if (atOnce) this.flush();
    else if (this.news && !this.timer) this.timer = setTimeout(() => this.flush(), holdAckMS);
  }

  /** Another channel counts anew. */
  reset(): void {
    clearTimeout(this.timer);
    this.timer = this.received = this.seq = 0;
    this.news = this.urgent = false;
  }

  private flush(): void {
    if (this.sending) {
      this.urgent = true; // one answer says it all
      return;
    }
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.news) return;
    this.news = false;
    this.sending = true;
    const held = Math.round((performance.now() - this.arrived) * 1000);
    // What cannot be sent is lost with the link, and so is what it was about.
    this.send(FrameAck, uvarints(this.seq, this.received, held)).catch(() => undefined).finally(() => {
      this.sending = false;
      if (this.urgent) {
        this.urgent = false;
        this.flush();
      }
    });
  }
}

/** As encoding/binary has them. Numbers are whole and below 2^53. */
export function uvarints(...numbers: number[]): Uint8Array {
  const out: number[] = [];
  for (let n of numbers) {
    for (; n >= 0x80; n = Math.floor(n / 128)) out.push((n % 128) | 0x80);
    out.push(n);
  }
  return Uint8Array.from(out);
}
