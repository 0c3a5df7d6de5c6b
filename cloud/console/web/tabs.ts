// Parts of one page, of which one stands: the arrows go through their names.

import { h } from "./dom";
import { known } from "./strings";

export interface Tab { id: string; title: string; element: HTMLElement }

export class Tabs {
  readonly element: HTMLElement;
  private readonly names: HTMLButtonElement[];

  constructor(label: string, private readonly tabs: readonly Tab[]) {
    this.names = tabs.map((x) => {
      x.element.id = `${x.id}-panel`;
      x.element.setAttribute("role", "tabpanel");
      x.element.setAttribute("aria-labelledby", `${x.id}-tab`);
      return h("button", { id: `${x.id}-tab`, type: "button", role: "tab", class: "quiet", "aria-controls": `${x.id}-panel`, click: () => this.show(x.id) }, x.title);
    });
    const list = h("div", { class: "tabs", role: "tablist", "aria-label": label }, ...this.names);
    list.addEventListener("keydown", (e) => {
      const at = this.names.indexOf(e.target as HTMLButtonElement), last = this.names.length - 1;
      const to = known<number>({ ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }, e.key);
      if (at < 0 || to === undefined || e.ctrlKey || e.altKey || e.metaKey) return;
      e.preventDefault();
      this.show(this.tabs[to]!.id);
      this.names[to]!.focus();
    });
    this.element = h("div", { class: "tabbed" }, list, ...tabs.map((x) => x.element));
    this.show(tabs[0]!.id);
  }

  show(id: string): void {
    this.tabs.forEach((x, i) => {
      const on = x.id === id;
      x.element.hidden = !on;
      this.names[i]!.setAttribute("aria-selected", String(on));
      this.names[i]!.tabIndex = on ? 0 : -1;
    });
  }

  focus(): void { this.names.find((n) => n.tabIndex === 0)?.focus(); }
}
