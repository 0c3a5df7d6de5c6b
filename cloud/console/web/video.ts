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

/** A decoded frame: its pixels, or a picture to be drawn. Whoever gets a picture closes it. */
export type Shown = { pixels: Uint8ClampedArray<ArrayBuffer> } | { image: ImageBitmap };

/** The browser converts as it copies; TypeScript's library does not know it yet. */
type CopyOptions = VideoFrameCopyToOptions & { format: "RGBA"; colorSpace: "srgb" };

/** Decodes frames, one at a time. */
export class Video {
  private spare: ArrayBuffer | null = null;
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

  /** Takes the memory of a frame back that has been shown. */
  recycle(buffer: ArrayBuffer): void { this.spare = buffer; }

  /** Gives a frame's picture, which has its size. */
  async decode(f: Frame): Promise<Shown> {
    if (f.codec === JPEG) return { image: await this.still(f) };
    if (f.codec !== VP8) throw new VideoError("codec");
    const frame = await this.moving(f);
    try {
      if (frame.displayWidth !== f.w || frame.displayHeight !== f.h) throw new VideoError("size");
      return await this.copy(frame, 4 * f.w * f.h);
    } finally {
      frame.close();
    }
  }

  /** A browser keeps what is drawn of a VideoFrame for long, and a second of
   * video is 100 MB: the pixels are copied out instead. */
  private async copy(frame: VideoFrame, size: number): Promise<Shown> {
    const buffer = this.spare?.byteLength === size ? this.spare : new ArrayBuffer(size);
    this.spare = null;
    const pixels = new Uint8ClampedArray(buffer);
    try {
      await frame.copyTo(pixels, { format: "RGBA", colorSpace: "srgb" } as CopyOptions);
      return { pixels };
    } catch {
      return { image: await createImageBitmap(frame) }; // a browser that does not convert
    }
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
