// The page's worker: holds the channel (or the way to it), decodes the picture,
// sends files. The page's own thread only shows and listens.

import "wasm_exec";
import { Acks } from "./acks";
import { readCursor } from "./cursorframe";
import { Decoder } from "./decoder";
import { Files } from "./files";
import { parse } from "./part";
import { clearSinks } from "./sink";
import { discard, transfers } from "./surface";
import { Transport, desk, wasm } from "./transport";
import { Upstream } from "./upstream";
import { FrameChunk, FrameControl, FrameCursor, FrameLocal, FramePiece, FrameScreen, FromWorker, LinkState, Message, ToWorker, version } from "./wire";

declare const self: DedicatedWorkerGlobalScope;

const utf8 = new TextEncoder(), text = new TextDecoder();
const tell = (m: FromWorker): void => self.postMessage(m);

let transport: Promise<Transport>;
const decoder = new Decoder();
let drawing: Promise<void> = Promise.resolve();
let cursors: Promise<void> = Promise.resolve();
let epoch = 0; // pictures of an earlier one do not show any more
let lost = false;
// Pictures the page has not come to yet. A page that is busy is not
// buried in them: decoding waits, and with it the host.
let unseen = 0;
let seenOne: (() => void) | null = null;
const maxUnseen = 4;
let refresh = 0; // the timer while a complete picture is waited for

async function send(kind: number, payload: Uint8Array): Promise<void> {
  await (await transport).send(kind, payload);
}

const local = (wish: object): Promise<void> => send(FrameLocal, utf8.encode(JSON.stringify(wish)));
const say = (m: Message): Promise<void> => send(FrameControl, utf8.encode(JSON.stringify({ v: version, ...m })));
/** For what may be lost with the link. */
const mention = (m: Message): void => void say(m).catch(() => undefined);

const upstream = new Upstream(send, say);
const acks = new Acks(send);

/** What the next report of the quality counts. */
const seen = { bytes: 0, frames: 0, video: false, at: 0, timer: 0 };
const qualityEach = 1000;

const files = new Files({
  say, part: (id, at, data) => upstream.file(id, at, data),
  report: (id, state, done, why) => tell(why === undefined ? { is: "file", id, state, done } : { is: "file", id, state, done, why }),
  fetched: (id, name, blob) => tell({ is: "fetched", id, name, blob }),
});

function receive(kind: number, payload: Uint8Array): void {
  seen.bytes += payload.length;
  switch (kind) {
    case FrameChunk: case FramePiece:
      acks.got(payload.length);
      acks.due(true);
      return files.part(parse(kind, payload));
    case FrameScreen: {
      acks.got(payload.length);
      const mine = epoch;
      drawing = drawing.then(() => mine === epoch ? draw(payload, mine) : undefined);
      return;
    }
    case FrameCursor:
      cursors = cursors.then(() => cursor(payload));
      return;
    case FrameControl:
      return message(JSON.parse(text.decode(payload)) as Message);
    case FrameLocal:
      return state(JSON.parse(text.decode(payload)) as LinkState);
  }
}

/** The host's pointer, in the order it came. */
async function cursor(frame: Uint8Array): Promise<void> {
  const c = await readCursor(frame);
  if (c) self.postMessage(c satisfies FromWorker, "shape" in c ? [c.shape] : []);
}

async function draw(update: Uint8Array, mine: number): Promise<void> {
  while (unseen >= maxUnseen) await new Promise<void>((resolve) => { seenOne = resolve; });
  if (mine !== epoch) return;
  try {
    const drawn = await decoder.apply(update), { seq, settled, patch } = drawn;
    if (mine !== epoch) return discard(patch); // the right ended while the video was decoded
    refreshed();
    self.postMessage({ is: "drawn", seq, settled, patch } satisfies FromWorker, transfers(patch));
    unseen++;
    acks.shown(drawn.seq, drawn.wantAck);
    seen.frames += drawn.settled ? 1 : 0;
    seen.video = drawn.video;
    watchQuality();
  } catch {
    if (mine !== epoch) return;
    acks.due(true); // it arrived, whatever it was
    if (!refresh) askAnew();
  }
}

/** Tells the page how the link does, while there is something to tell. An idle
 * picture costs nothing. */
function watchQuality(): void {
  if (seen.timer) return;
  Object.assign(seen, { bytes: 0, frames: 0, at: performance.now() });
  upstream.measure().catch(() => undefined);
  seen.timer = self.setTimeout(() => {
    const seconds = (performance.now() - seen.at) / 1000;
    seen.timer = 0;
    tell({ is: "quality", rttMs: upstream.rtt, bytesPerSecond: seen.bytes / seconds, framesPerSecond: seen.frames / seconds, video: seen.video });
    if (seen.frames > 0) watchQuality();
  }, qualityEach);
}

/** A picture that cannot be read is asked for anew. The host answers only so
 * often, and may have missed it: until one comes, ask again. */
function askAnew(): void {
  mention({ t: "refresh" });
  refresh = self.setTimeout(askAnew, 1500);
}

function refreshed(): void {
  clearTimeout(refresh);
  refresh = 0;
}

function blank(): void {
  epoch++;
  refreshed();
  acks.due(true); // what does not show any more has arrived all the same
  clearTimeout(seen.timer);
  seen.timer = 0;
  drawing = drawing.then(() => decoder.blank());
  tell({ is: "blank" });
}

function message(m: Message): void {
  if (m.t === "pong" && m.seq && upstream.pong(m.seq)) return;
  if (files.message(m)) return;
  if (m.t === "lease-end" && m.cap === "view") blank();
  if (m.t === "screen" && m.state !== "on") blank();
  tell({ is: "message", message: m });
}

function state(s: LinkState): void {
  if (s.phase === "lost") files.pause();
  if (s.phase === "ended") files.lost();
  if (s.phase !== "session" || lost) {
    upstream.reset(); // another channel counts anew
    acks.reset();
  }
  if (s.phase === "session") upstream.lane = s.lane === true;
  if (s.phase === "session" && lost) files.resume();
  // What changed while the link was lost, nobody will send again by itself.
  if (s.phase === "session" && lost) mention({ t: "refresh" });
  lost = s.phase === "lost";
  if (s.phase === "ended") blank();
  tell({ is: "state", state: s });
}

function start(mode: "hosted" | "desk"): void {
  void clearSinks().catch(() => undefined);
  const gone = (): void => {
    files.lost();
    blank();
    tell({ is: "broken", why: "desk-gone" });
  };
  transport = mode === "desk" ? desk(receive, gone) : wasm(receive);
  transport.catch((error: unknown) => tell({ is: "broken", why: String(error) }));
}

self.onmessage = ({ data }: MessageEvent<ToWorker>): void => {
  switch (data.do) {
    case "start": return start(data.mode);
    case "join": return void local({ do: "join", request: data.request, reason: data.reason, ticket: data.ticket }).catch(() => undefined);
    case "code": return void local({ do: "code", code: data.code }).catch(() => undefined);
    case "bye": return void local({ do: "bye" }).catch(() => undefined);
    case "say": return mention(data.message);
    case "seen":
      if (data.spare) decoder.recycle(data.spare);
      unseen--;
      return seenOne?.();
    case "file": return void files.offer(data.id, data.file);
    case "cancel-file": return files.cancel(data.id);
  }
};
