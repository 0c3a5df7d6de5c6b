// A button that opens something small below it, and the row they stand in.
// Escape and a click elsewhere close it; the arrows go through it.

import { h, icon, show } from "./dom";

export class Menu {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly panel: HTMLElement;
  private off: AbortController | null = null;

  constructor(id: string, symbol: string, label: string, private readonly closed: () => void, ...children: Node[]) {
    this.panel = h("div", { id: `${id}-menu`, class: "menu-panel", hidden: true, role: "group", "aria-label": label, keydown: (e) => this.key(e as KeyboardEvent) }, ...children);
    this.button = tool(id, symbol, label, () => this.toggle());
    this.button.setAttribute("aria-expanded", "false");
    this.button.setAttribute("aria-controls", this.panel.id);
    this.element = h("div", { class: "menu" }, this.button, this.panel);
  }

  get open(): boolean { return !this.panel.hidden; }

  toggle(): void {
    if (this.open) return this.close();
    show(this.panel, true);
    this.button.setAttribute("aria-expanded", "true");
    this.off = new AbortController();
    document.addEventListener("pointerdown", (e) => {
      if (!this.element.contains(e.target as Node)) this.hide();
    }, { capture: true, signal: this.off.signal });
    document.addEventListener("keydown", (e) => {
      if (e.key !== "Escape") return;
      e.preventDefault();
      this.close();
    }, { capture: true, signal: this.off.signal });
    const first = this.items.find((b) => b.getAttribute("aria-checked") === "true") ?? this.items[0];
    first?.focus();
  }

  /** Closes it, and gives the keyboard back. */
  close(): void {
    if (!this.open) return;
    this.hide();
    this.button.focus();
    this.closed();
  }

  hide(): void {
    this.off?.abort();
    this.off = null;
    show(this.panel, false);
    this.button.setAttribute("aria-expanded", "false");
  }

  private get items(): HTMLButtonElement[] {
    return [...this.panel.querySelectorAll<HTMLButtonElement>("button:not([disabled])")];
  }

  private key(e: KeyboardEvent): void {
    const step = e.key === "ArrowDown" || e.key === "ArrowRight" ? 1 : e.key === "ArrowUp" || e.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    e.preventDefault();
    const items = this.items, at = items.indexOf(document.activeElement as HTMLButtonElement);
    items[(at + step + items.length) % items.length]?.focus();
  }
}

/** A button of the row above the picture: its text shows where there is room,
 * and beside it on hover and focus where there is none. */
export function tool(id: string, symbol: string, label: string, click: () => void): HTMLButtonElement {
  return h("button", { id, class: "tool", type: "button", "data-tip": label, "aria-label": label, click }, icon(symbol), h("span", { class: "tool-text" }, label));
}

/** Presses or lifts a button that stays. */
export function press(button: HTMLButtonElement, on: boolean): void {
  if (button.getAttribute("aria-pressed") !== String(on)) button.setAttribute("aria-pressed", String(on));
}
