// Short messages over the lower edge of the picture, with at most one thing to
// do about each. They never cover a question and never take the keyboard.

import { h, icon } from "./dom";
import { t } from "./strings";

export interface Notice {
  id: string;
  icon: string;
  title: string;
  /** What somebody else wrote: shown as text, cut short. */
  quote?: string;
  tone?: "bad" | "good";
  action?: { id: string; name: string; run(): void };
  /** Goes by itself. */
  passes?: boolean;
}

const passMS = 6000, most = 3, longest = 160;

export class Notices {
  readonly element = h("div", { id: "notices", class: "notices", role: "status" });
  private readonly timers = new Map<Element, number>();

  say(n: Notice): void {
    this.drop(n.id);
    const quote = n.quote && n.quote.length > longest ? `${n.quote.slice(0, longest)}…` : n.quote;
    const element = h("div", { class: "notice", "data-notice": n.id, "data-tone": n.tone ?? "" },
      icon(n.icon), h("div", { class: "grow" }, h("strong", {}, n.title), quote !== undefined && h("q", {}, quote)),
      n.action ? h("button", { id: n.action.id, class: "primary small", type: "button", click: () => n.action!.run() }, n.action.name) : null,
      h("button", { class: "tool", type: "button", "aria-label": t("dismiss"), click: () => this.remove(element) }, icon("end")));
    while (this.element.childElementCount >= most) this.remove(this.element.firstElementChild!);
    this.element.append(element);
    if (n.passes) this.timers.set(element, window.setTimeout(() => this.remove(element), passMS));
  }

  drop(id: string): void {
    for (const e of [...this.element.children]) if ((e as HTMLElement).dataset.notice === id) this.remove(e);
  }

  private remove(e: Element): void {
    clearTimeout(this.timers.get(e));
    this.timers.delete(e);
    e.remove();
  }
}
