// Which of the host's screens is shown: a small map of them, true to scale.

import { h, show } from "./dom";
import { Menu } from "./menu";
import { t } from "./strings";
import type { Monitor } from "./wire";

const All = "all";
/** The map's room, in CSS pixels. */
const room = { width: 244, height: 150 };

export class Monitors {
  readonly menu: Menu;
  private readonly map = h("div", { class: "monitor-map", role: "radiogroup", "aria-label": t("monitorsLabel") });
  private readonly all: HTMLButtonElement;
  private list: Monitor[] = [];
  private told = "";
  shown = "";

  constructor(private readonly choose: (id: string) => void, closed: () => void) {
    this.all = h("button", { id: "monitor-all", class: "menu-item", type: "button", role: "radio", "data-monitor": All, click: () => this.pick(All) }, t("monitorAll"));
    this.menu = new Menu("monitors", "monitors", t("monitors"), closed, this.map, this.all);
    this.menu.element.hidden = true;
  }

  /** What the host says of its screens; they were drawn by a device. */
  set(list: Monitor[] | undefined, shown: string | undefined): void {
    if (shown !== undefined) this.shown = shown;
    if (list) this.list = list.filter((m) => m.w > 0 && m.h > 0).slice(0, 16);
    show(this.menu.element, this.list.length > 1);
    if (this.list.length <= 1) this.menu.hide();
    this.draw();
  }

  /** How large the host shows things on what is shown, in percent. */
  get scale(): number {
    const of = (m: Monitor | undefined): number => m?.scale || 100;
    return of(this.list.find((m) => m.id === this.shown) ?? this.list.find((m) => m.primary) ?? this.list[0]);
  }

  get many(): boolean { return this.list.length > 1; }

  next(): void {
    if (!this.many) return;
    const ids = [...this.list.map((m) => m.id), All];
    this.pick(ids[(ids.indexOf(this.shown) + 1) % ids.length]!);
  }

  private pick(id: string): void {
    this.choose(id);
    this.menu.close();
  }

  private draw(): void {
    const what = JSON.stringify([this.list, this.shown]);
    if (what === this.told) return;
    this.told = what;
    this.all.setAttribute("aria-checked", String(this.shown === All));
    if (!this.list.length) return this.map.replaceChildren();
    const left = Math.min(...this.list.map((m) => m.x)), top = Math.min(...this.list.map((m) => m.y));
    const width = Math.max(...this.list.map((m) => m.x + m.w)) - left, height = Math.max(...this.list.map((m) => m.y + m.h)) - top;
    const scale = Math.min(room.width / width, room.height / height);
    this.map.style.width = `${width * scale}px`;
    this.map.style.height = `${height * scale}px`;
    this.map.replaceChildren(...this.list.map((m, i) => {
      const name = t("monitorName", { n: i + 1 });
      const button = h("button", { class: "monitor", type: "button", role: "radio", "data-monitor": m.id, "aria-checked": String(m.id === this.shown),
        "aria-label": `${name}, ${m.name}, ${m.w} × ${m.h}${m.primary ? `, ${t("monitorMain")}` : ""}`, title: `${m.name} ${m.w} × ${m.h}`, click: () => this.pick(m.id) },
        h("strong", {}, String(i + 1)), h("span", {}, `${m.w} × ${m.h}`));
      button.style.left = `${(m.x - left) * scale}px`;
      button.style.top = `${(m.y - top) * scale}px`;
      button.style.width = `${m.w * scale}px`;
      button.style.height = `${m.h * scale}px`;
      return button;
    }));
  }
}
