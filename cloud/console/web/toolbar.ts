// The row above the picture: what is the matter, and what can be done with the
// picture. It is always there and of one height, so that no message ever moves
// the picture under the engineer's mouse.

import { h, icon, setText, show } from "./dom";
import { Menu, press, tool } from "./menu";
import { t } from "./strings";
import type { Zoom } from "./stage";

export interface ToolbarPort {
  rail(): void;
  zoom(z: Zoom): void;
  full(): void;
  paste(): void;
  point(): void;
  chat(): void;
  help(): void;
}

export interface ToolbarState {
  kind: string;
  text: string;
  drawn: boolean;
  zoom: Zoom;
  full: boolean;
  rail: boolean;
  steers: boolean;
  pastes: boolean;
  points: "no" | "can" | "does";
  chat: boolean;
}

export class Toolbar {
  readonly element: HTMLElement;
  private readonly text = h("p", { class: "grow banner-text", role: "status" });
  private readonly rail: HTMLButtonElement;
  private readonly sizes: HTMLElement;
  private readonly fit: HTMLButtonElement;
  private readonly actual: HTMLButtonElement;
  private readonly full: HTMLButtonElement;
  private readonly paste: HTMLButtonElement;
  private readonly point: HTMLButtonElement;
  private readonly chat: HTMLButtonElement;
  private readonly badge = h("span", { id: "chat-unread", class: "badge", hidden: true });
  private readonly badgeText = h("span", { class: "visually-hidden", role: "status" });

  constructor(port: ToolbarPort, private readonly monitors: Menu, private readonly keys: Menu) {
    this.rail = tool("rail-toggle", "side", t("railToggle"), port.rail);
    this.fit = h("button", { type: "button", id: "fit", click: () => port.zoom("fit") }, icon("fit"), t("fit"));
    this.actual = h("button", { type: "button", id: "actual", click: () => port.zoom("actual") }, t("actual"));
    this.sizes = h("div", { class: "segmented", role: "group", "aria-label": t("zoomLabel") }, this.fit, this.actual);
    this.full = tool("full", "full", t("full"), port.full);
    this.paste = tool("paste", "paste", t("pasteTool"), port.paste);
    this.point = tool("point", "pointer", t("pointTool"), port.point);
    this.chat = tool("chat-toggle", "chat", t("chatTitle"), port.chat);
    this.chat.append(this.badge);
    this.chat.setAttribute("aria-controls", "chat");
    this.element = h("div", { class: "banner" }, this.rail, this.text, h("div", { class: "tools", role: "toolbar", "aria-label": t("toolsLabel") },
      monitors.element, this.sizes, this.full, keys.element, this.paste, this.point, this.chat, tool("help-toggle", "help", t("scTitle"), port.help)),
    this.badgeText);
  }

  set(s: ToolbarState): void {
    if (this.element.dataset.kind !== s.kind) this.element.dataset.kind = s.kind;
    setText(this.text, s.text);
    show(this.sizes, s.drawn);
    show(this.full, s.drawn);
    press(this.fit, s.zoom === "fit");
    press(this.actual, s.zoom === "actual");
    press(this.full, s.full);
    press(this.rail, s.rail);
    show(this.keys.element, s.steers);
    if (!s.steers) this.keys.hide();
    show(this.paste, s.pastes);
    show(this.point, s.points !== "no");
    press(this.point, s.points === "does");
    press(this.chat, s.chat);
  }

  unread(n: number): void {
    show(this.badge, n > 0);
    setText(this.badge, n > 99 ? "99+" : String(n));
    this.chat.setAttribute("aria-label", n ? `${t("chatTitle")} ${this.badge.textContent}` : t("chatTitle"));
    setText(this.badgeText, n ? t("chatUnread", { n }) : "");
  }

  hideMenus(): void {
    this.monitors.hide();
    this.keys.hide();
  }
}
