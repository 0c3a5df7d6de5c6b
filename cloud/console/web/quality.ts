// How the link feels, in a word, with the figures behind it on hover and focus.

import { h, setText } from "./dom";
import { Key, amount, t } from "./strings";
import type { FromWorker } from "./wire";

type Figures = Extract<FromWorker, { is: "quality" }>;
type Grade = "good" | "fair" | "poor" | "lost" | "none";

const words: Record<Grade, Key> = { good: "qGood", fair: "qFair", poor: "qPoor", lost: "qLost", none: "qNone" };

export class Quality {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly word = h("span");
  private readonly values: Record<"rtt" | "rate" | "frames" | "kind", HTMLElement> = { rtt: h("dd"), rate: h("dd"), frames: h("dd"), kind: h("dd") };
  private now: Figures | null = null;
  private lost = false;

  constructor() {
    const row = (name: Key, value: HTMLElement): HTMLElement[] => [h("dt", {}, t(name)), value];
    this.button = h("button", { id: "quality", class: "quality", type: "button", "aria-describedby": "quality-details", "data-grade": "none" },
      h("span", { class: "bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")), this.word);
    this.element = h("div", { class: "quality-box", keydown: (e) => this.dismiss(e as KeyboardEvent), focusout: () => this.open(), mouseleave: () => this.open() }, this.button,
      h("div", { id: "quality-details", class: "quality-details", role: "tooltip" }, h("dl", {},
        ...row("qLatency", this.values.rtt), ...row("qRate", this.values.rate), ...row("qFrames", this.values.frames), ...row("qKind", this.values.kind))));
    this.draw();
  }

  set(m: Figures): void {
    this.now = m;
    this.draw();
  }

  link(lost: boolean): void {
    if (lost === this.lost) return;
    this.lost = lost;
    this.draw();
  }

  /** There is no picture any more, so nothing is measured. */
  forget(): void {
    this.now = null;
    this.draw();
  }

  /** Escape takes the figures away that came by themselves (WCAG 1.4.13). */
  private dismiss(e: KeyboardEvent): void {
    if (e.key !== "Escape" || this.element.dataset.dismissed) return;
    e.preventDefault();
    this.element.dataset.dismissed = "true";
  }

  private open(): void { delete this.element.dataset.dismissed; }

  private draw(): void {
    const m = this.now, grade: Grade = this.lost ? "lost" : m ? judge(m.rttMs) : "none";
    this.button.dataset.grade = grade;
    setText(this.word, t(words[grade]));
    const none = "–";
    setText(this.values.rtt, m && !this.lost ? t("qMs", { n: Math.round(m.rttMs) }) : none);
    setText(this.values.rate, m && !this.lost ? t("perSecond", { what: amount(m.bytesPerSecond) }) : none);
    setText(this.values.frames, m && !this.lost ? t("perSecond", { what: String(Math.round(m.framesPerSecond)) }) : none);
    setText(this.values.kind, m ? t(m.video ? "qVideo" : "qExact") : none);
  }
}

/** By what a hand notices: below a tenth of a second nothing, above a quarter everything. */
function judge(rttMS: number): "good" | "fair" | "poor" {
  return rttMS < 100 ? "good" : rttMS < 250 ? "fair" : "poor";
}
