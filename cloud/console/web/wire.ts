// What travels inside the channel: session/wire in Go, with the same names.

export const FrameLocal = 0;
export const FrameControl = 1;
export const FrameScreen = 2;
export const FrameChunk = 3;

export const version = 2;
export const maxChunk = 64 << 10;

export type Capability = "view" | "control" | "files";

export interface Input {
  k: "keydown" | "keyup" | "move" | "down" | "up" | "wheel";
  c?: string;
  key?: string;
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
  file?: { name: string; size: number; sha256: string };
  done?: number;
  events?: Input[];
}

/** What session/engineer says of itself. */
export interface LinkState {
  phase: "preparing" | "connecting" | "code" | "session" | "lost" | "ended";
  device?: string;
  words?: string;
  why?: string;
}

/** Between the page and its worker. */
export type ToWorker =
  | { do: "start"; mode: "hosted" | "desk"; canvas: OffscreenCanvas }
  | { do: "join"; request: string; reason: string; ticket: string }
  | { do: "code"; code: string } // proved by our own end of the channel, never sent on
  | { do: "bye" }
  | { do: "say"; message: Message }
  | { do: "file"; id: string; file: File }
  | { do: "cancel-file"; id: string };

export type FromWorker =
  | { is: "state"; state: LinkState }
  | { is: "message"; message: Message }
  | { is: "size"; width: number; height: number }
  | { is: "drawn"; seq: number; settled: boolean }
  | { is: "blank" }
  | { is: "file"; id: string; state: FileState; done: number; why?: string }
  | { is: "broken"; why: string };

export type FileState =
  | "reading" | "asked" | "sending" | "checking" | "finished" | "denied" | "timeout" | "failed";
