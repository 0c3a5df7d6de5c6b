// What travels inside the channel: session/wire in Go, with the same names.

import type { Patch } from "./surface";

export const FrameLocal = 0;
export const FrameControl = 1;
export const FrameScreen = 2;
export const FrameChunk = 3;
export const FrameAck = 4;
export const FrameCursor = 5;
/** A part of a file as it goes over the file lane: session/wire.Piece. */
export const FramePiece = 6;

export const version = 3;
/** How long, in milliseconds, an acknowledgement nobody waits for may be held back. */
export const holdAckMS = 200;
export const maxChat = 2000;
export const maxClipboard = 64 << 10;
export const maxChunk = 64 << 10;
export const maxPiece = 512 << 10;
/** The most bytes of one file under way beyond what its end said to hold. */
export const fileWindow = 4 << 20;

export type Capability = "view" | "control" | "files" | "clipboard-to-pc" | "clipboard-to-engineer" | "chat" | "pointer";

export interface Monitor { id: string; name: string; x: number; y: number; w: number; h: number; primary?: boolean; scale?: number }

export interface Input {
  k: "keydown" | "keyup" | "text" | "move" | "down" | "up" | "wheel";
  c?: string;
  key?: string;
  s?: string; // of "text": what an input method or a dead key made
  x?: number;
  y?: number;
  b?: number;
  wx?: number;
  wy?: number;
}

export interface Message {
  t: string;
  versions?: number[];
  reason?: string;
  ticket?: string;
  device?: string;
  triesLeft?: number;
  waitMs?: number;
  session?: string;
  id?: string;
  cap?: Capability;
  duration?: "once" | "15min" | "session";
  granted?: boolean;
  why?: string;
  untilMs?: number;
  gen?: number;
  width?: number;
  height?: number;
  state?: string;
  on?: boolean;
  seq?: number;
  monitors?: Monitor[];
  monitor?: string;
  /** What may be asked for now, by capability: "ask", or why not. */
  may?: Partial<Record<Capability, string>>;
  text?: string;
  x?: number;
  y?: number;
  file?: { name: string; size: number; sha256: string };
  done?: number;
  events?: Input[];
}

/** What session/engineer says of itself. */
export interface LinkState {
  phase: "preparing" | "connecting" | "code" | "session" | "lost" | "ended";
  device?: string;
  words?: string;
  /** Of "session": files go as FramePieces, not as FrameChunks. */
  lane?: boolean;
  why?: string;
}

/** Between the page and its worker. */
export type ToWorker =
  | { do: "start"; mode: "hosted" | "desk" }
  | { do: "join"; request: string; reason: string; ticket: string }
  | { do: "code"; code: string } // proved by our own end of the channel, never sent on
  | { do: "bye" }
  | { do: "say"; message: Message }
  /** The page is at a picture, and has no older one to put on its canvas. */
  | { do: "seen"; spare: ArrayBuffer | null }
  | { do: "file"; id: string; file: File }
  | { do: "cancel-file"; id: string };

export type FromWorker =
  | { is: "state"; state: LinkState }
  | { is: "message"; message: Message }
  | { is: "drawn"; seq: number; settled: boolean; patch: Patch }
  | { is: "blank" }
  | { is: "file"; id: string; state: FileState; done: number; why?: string }
  /** A file of the technician's, whole and with the hash that was promised. */
  | { is: "fetched"; id: string; name: string; blob: Blob }
  /** The host's pointer: hidden, where it is, or what it looks like. */
  | { is: "cursor"; hidden: true }
  | { is: "cursor"; hidden: false; x: number; y: number }
  | { is: "cursor"; hidden: false; shape: ImageBitmap; hotX: number; hotY: number }
  /** About once a second while there is a picture. */
  | { is: "quality"; rttMs: number; bytesPerSecond: number; framesPerSecond: number; video: boolean }
  | { is: "broken"; why: string };

export type FileState =
  | "reading" | "asked" | "sending" | "receiving" | "paused" | "checking" | "finished" | "denied" | "timeout" | "failed";
