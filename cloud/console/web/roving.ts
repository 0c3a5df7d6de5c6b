// A list is one stop of the Tab key, however long it is: the arrows go through
// it, Home and End to its ends.

import { known } from "./strings";

const page = 10;

export class Roving {
  private at: HTMLElement | null = null;

  /** Items of list that selector finds, in the order they stand there. */
  constructor(private readonly list: HTMLElement, private readonly selector: string) {
    list.addEventListener("keydown", (e) => this.key(e));
    list.addEventListener("focusin", (e) => {
      const item = (e.target as HTMLElement).closest<HTMLElement>(this.selector);
      if (item) this.stop(item);
    });
  }

  private get items(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>(this.selector)].filter((e) => !e.closest("[hidden]"));
  }

  /** To be called when rows came or went. */
  refresh(): void {
    const items = this.list.querySelectorAll<HTMLElement>(this.selector);
    const keep = this.at?.isConnected && this.list.contains(this.at) ? this.at : items[0] ?? null;
    for (const item of items) {
      const stop = item === keep ? "0" : "-1";
      if (item.getAttribute("tabindex") !== stop) item.setAttribute("tabindex", stop);
    }
    this.at = keep;
  }

  private stop(item: HTMLElement): void {
    if (item === this.at) return;
    if (this.at) this.at.tabIndex = -1;
    item.tabIndex = 0;
    this.at = item;
  }

  private key(e: KeyboardEvent): void {
    if (e.ctrlKey || e.altKey || e.metaKey || e.shiftKey) return;
    const items = this.items, at = items.indexOf(document.activeElement as HTMLElement), last = items.length - 1;
    const to = known<number>({ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + page, PageUp: at - page }, e.key);
    if (to === undefined || at < 0) return;
    e.preventDefault();
    const item = items[Math.min(Math.max(to, 0), last)]!;
    item.focus();
    item.scrollIntoView({ block: "nearest" });
  }
}
