// A part of a file, as the channel carries it: in a FramePiece, which says where
// in the file it belongs, or in a FrameChunk, which does not.

import { FrameChunk, FramePiece, maxChunk, maxPiece } from "./wire";

const idSize = 16, placeSize = 8;

export interface Part { id: string; at: number | null; data: Uint8Array }

/** The most bytes of a file in one. */
export const most = (lane: boolean): number => lane ? maxPiece : maxChunk;

export function frame(lane: boolean, id: string, at: number, data: Uint8Array): [kind: number, payload: Uint8Array] {
  const head = lane ? idSize + placeSize : idSize;
  const out = new Uint8Array(head + data.length);
  for (let i = 0; i < idSize; i++) out[i] = parseInt(id.slice(2 * i, 2 * i + 2), 16);
  if (lane) new DataView(out.buffer).setBigUint64(idSize, BigInt(at));
  out.set(data, head);
  return [lane ? FramePiece : FrameChunk, out];
}

/** Data stays in the payload. */
export function parse(kind: number, payload: Uint8Array): Part {
  const id = hex(payload.subarray(0, idSize));
  if (kind === FrameChunk) return { id, at: null, data: payload.subarray(idSize) };
  const at = new DataView(payload.buffer, payload.byteOffset).getBigUint64(idSize);
  return { id, at: Number(at), data: payload.subarray(idSize + placeSize) };
}

export function hex(bytes: Uint8Array): string { return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(""); }
