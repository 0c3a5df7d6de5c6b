// The part of the picture that comes as video.

const VP8 = 1, JPEG = 2;
const patience = 3000; // milliseconds a frame may take

/** Whether this browser can show video. */
export async function videoSupported(): Promise<boolean> {
  if (typeof VideoDecoder === "undefined") return false;
  try {
    return (await VideoDecoder.isConfigSupported({ codec: "vp8", optimizeForLatency: true })).supported === true;
  } catch {
    return false;
  }
}

export class VideoError extends Error {}

export interface Frame {
  codec: number;
  key: boolean;
  x: number;
  y: number;
  w: number;
  h: number;
  data: Uint8Array;
}

/** Decodes frames, one at a time. */
export class Video {
  private decoder: VideoDecoder | null = null;
  private place = "";
  private timestamp = 0;
  private done: ((frame: VideoFrame) => void) | null = null;
  private failed: ((why: Error) => void) | null = null;

  close(): void {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
    this.place = "";
  }

  /** Gives a frame's picture, which has its size; whoever gets it closes it. */
  async decode(f: Frame): Promise<VideoFrame | ImageBitmap> {
    if (f.codec === JPEG) return this.still(f);
    if (f.codec !== VP8) throw new VideoError("codec");
    const frame = await this.moving(f);
    if (frame.displayWidth === f.w && frame.displayHeight === f.h) return frame;
    frame.close();
    throw new VideoError("size");
  }

  private async still(f: Frame): Promise<ImageBitmap> {
    let bitmap;
    try {
      bitmap = await createImageBitmap(new Blob([f.data as Uint8Array<ArrayBuffer>], { type: "image/jpeg" }));
    } catch {
      throw new VideoError("not a JPEG");
    }
    if (bitmap.width === f.w && bitmap.height === f.h) return bitmap;
    bitmap.close();
    throw new VideoError("size");
  }

  private moving(f: Frame): Promise<VideoFrame> {
    if (typeof VideoDecoder === "undefined") throw new VideoError("this browser has no VideoDecoder");
    const place = `${f.x},${f.y},${f.w},${f.h}`;
    if (!this.decoder || this.decoder.state !== "configured" || (f.key && place !== this.place)) {
      if (!f.key) throw new VideoError("a frame before the first");
      this.close();
      this.decoder = new VideoDecoder({
        output: (frame) => this.done ? this.done(frame) : frame.close(),
        error: (e) => this.failed?.(new VideoError(e.message)),
      });
      this.decoder.configure({ codec: "vp8", codedWidth: f.w, codedHeight: f.h, optimizeForLatency: true });
      this.place = place;
    }
    if (place !== this.place) throw new VideoError("another place");
    const decoder = this.decoder;
    let timer: ReturnType<typeof setTimeout> | undefined;
    return new Promise<VideoFrame>((resolve, reject) => {
      timer = setTimeout(() => reject(new VideoError("no frame")), patience);
      this.done = resolve;
      this.failed = reject;
      decoder.decode(new EncodedVideoChunk({ type: f.key ? "key" : "delta", timestamp: this.timestamp++, data: f.data as Uint8Array<ArrayBuffer> }));
    }).finally(() => {
      clearTimeout(timer);
      this.done = this.failed = null;
    });
  }
}
