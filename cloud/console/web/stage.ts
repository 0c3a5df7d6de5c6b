// Where the picture is: how large, what lies over it when there is none, and
// what the link is doing.

import { HostCursor } from "./cursor";
import { h, icon, setText, show } from "./dom";
import { t } from "./strings";

export type Zoom = "fit" | "actual";

export class Stage {
  readonly element: HTMLElement;
  /** Takes what is typed: a canvas takes no text. */
  readonly field = h("textarea", { id: "keyboard", class: "keyboard", tabindex: "-1", rows: "1", autocomplete: "off", autocapitalize: "off", autocorrect: "off",
    spellcheck: "false", "aria-label": t("keyboardLabel") });
  readonly cursor: HostCursor;
  private readonly scroll: HTMLElement;
  private readonly sheet: HTMLElement;
  private readonly cover: HTMLElement;
  private readonly compare: HTMLElement;
  private readonly coverIcon = h("span", { class: "cover-icon" });
  private readonly coverTitle = h("strong");
  private readonly coverText = h("p");
  private readonly veil: HTMLElement;
  private readonly veilTitle = h("strong", { id: "lost-title" });
  private readonly watch: ResizeObserver;
  private symbol = "";
  private zoom: Zoom = "fit";
  private hostScale = 100;
  size = { width: 0, height: 0 };

  constructor(private readonly canvas: HTMLCanvasElement, words: string, notices: HTMLElement, life: AbortSignal) {
    this.cursor = new HostCursor(canvas);
    this.compare = h("div", { id: "compare-words", class: "words big" }, icon("shield"), h("strong", {}, t("compareTitle")),
      h("span", { class: "said" }, words), h("p", {}, t("compareText")));
    this.cover = h("div", { id: "cover", class: "cover" }, this.compare, this.coverIcon, this.coverTitle, this.coverText);
    this.veil = h("div", { id: "lost", class: "veil", hidden: true }, h("div", { class: "veil-card", role: "status" },
      h("span", { class: "spinner", "aria-hidden": "true" }), this.veilTitle,
      h("ul", { class: "plain" }, h("li", { "data-goes": "on" }, t("lostGoesOn")), h("li", { "data-goes": "on" }, t("lostFiles")), h("li", {}, t("lostStops")))));
    this.sheet = h("div", { class: "sheet" }, canvas, this.cursor.element, this.field);
    this.scroll = h("div", { class: "stage-scroll" }, this.sheet);
    this.element = h("div", { class: "stage-area" }, this.scroll, this.cover, this.veil, notices);
    this.watch = new ResizeObserver(() => this.layout());
    this.watch.observe(this.element);
    window.addEventListener("resize", () => this.layout(), { signal: life }); // another pixel ratio, too
  }

  close(): void {
    this.watch.disconnect();
    this.cursor.close();
  }

  resize(width: number, height: number): void {
    this.size = { width, height };
    this.layout();
  }

  /** Zoom, and how large the host's own desktop shows things, in percent. */
  set(zoom: Zoom, hostScale: number): void {
    if (zoom === this.zoom && hostScale === this.hostScale) return;
    this.zoom = zoom;
    this.hostScale = hostScale;
    this.layout();
  }

  /** Places the picture on whole pixels of ours, so that text stays sharp. */
  private layout(): void {
    const { width, height } = this.size;
    if (!width || !height) return;
    const ratio = devicePixelRatio, box = { width: this.element.clientWidth, height: this.element.clientHeight };
    if (!box.width || !box.height) return;
    let scale = Math.min(box.width / width, box.height / height);
    // Text is sharp in whole steps; a little room is given up for that.
    const whole = Math.floor(scale * ratio + 0.001) / ratio;
    if (this.zoom === "actual") scale = actual(ratio, this.hostScale);
    else if (whole > 0 && scale / whole < 1.3) scale = whole;
    const step = scale * ratio, crisp = Math.abs(step - Math.round(step)) < 0.001;
    const w = crisp ? width * scale : Math.floor(width * scale), hh = crisp ? height * scale : Math.floor(height * scale);
    const snap = (v: number): number => Math.max(0, Math.floor(v / 2 * ratio) / ratio);
    const left = snap(box.width - w), top = snap(box.height - hh);
    const { style } = this.canvas;
    style.width = `${w}px`;
    style.height = `${hh}px`;
    style.left = `${left}px`;
    style.top = `${top}px`;
    style.imageRendering = crisp && step >= 1.5 ? "pixelated" : "auto";
    this.sheet.style.width = `${Math.max(left + w, 1)}px`;
    this.sheet.style.height = `${Math.max(top + hh, 1)}px`;
    this.scroll.classList.toggle("scrolls", w > box.width || hh > box.height);
    this.canvas.dataset.scale = String(Math.round(scale * 1000) / 1000);
    this.cursor.layout(left, top, w / width);
  }

  /** The input method's window opens at the engineer's hand. */
  over(at: { x: number; y: number } | null): void {
    this.cursor.over(at);
    if (at) this.field.style.transform = this.placed(at);
  }

  private placed(at: { x: number; y: number }): string {
    const scale = parseFloat(this.canvas.style.width) / this.size.width || 1;
    return `translate(${parseFloat(this.canvas.style.left) + at.x * scale}px, ${parseFloat(this.canvas.style.top) + at.y * scale}px)`;
  }

  /** Says why there is no picture; an empty title takes the cover away. */
  say(title: string, text: string, symbol: string, waits: boolean, compare: boolean): void {
    show(this.cover, title !== "");
    this.sheet.classList.toggle("covered", title !== "");
    show(this.compare, compare); // what must come first stands where the picture will be
    this.cover.classList.toggle("waits", waits);
    if (symbol !== this.symbol) this.coverIcon.replaceChildren(icon(symbol));
    this.symbol = symbol;
    setText(this.coverTitle, title);
    setText(this.coverText, text);
  }

  /** The link is gone since so many seconds; null: it is there. */
  lost(seconds: number | null): void {
    show(this.veil, seconds !== null);
    if (seconds !== null) setText(this.veilTitle, t("lostSince", { n: seconds }));
  }
}

/** One picture pixel on a whole number of ours: on a fine screen more than one,
 * unless the host's own is as fine. */
function actual(ratio: number, hostScale: number): number {
  const wanted = ratio * 100 / Math.max(hostScale, 100);
  return (wanted >= 1.75 ? Math.round(wanted) : 1) / ratio;
}
