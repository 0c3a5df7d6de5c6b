// Beside the picture: what may be asked for, and how each of it stands. The two
// that nearly every session needs come first, the rest below "More".

import { CapabilityButton } from "./capability";
import { h, icon, setText } from "./dom";
import type { FilePanel } from "./filepanel";
import { keep, kept } from "./kept";
import { t } from "./strings";
import type { Capability, Message } from "./wire";

type Duration = "once" | "15min" | "session";

/** Capabilities that are asked for by name; files have their own questions. */
export type Asked = Exclude<Capability, "files">;

const order: Asked[] = ["view", "control", "clipboard-to-pc", "clipboard-to-engineer", "chat", "pointer"];
const remembered = "console.more";

export interface RailPort {
  ask(cap: Asked, id: string, duration: Duration): void;
  fetch(id: string): void;
  cancel(id: string): void;
  cancelFile(id: string): void;
  choose(file: File): void;
}

export class Rail {
  readonly element: HTMLElement;
  readonly send: CapabilityButton;
  readonly get: CapabilityButton;
  private readonly buttons: Record<Asked, CapabilityButton>;
  private readonly duration: HTMLSelectElement;
  private readonly input: HTMLInputElement;
  private readonly count = h("span", { class: "more-count" });
  private readonly more: HTMLDetailsElement;

  constructor(private readonly port: RailPort, files: FilePanel) {
    const make = (cap: Asked, id: string, symbol: string, name: "view" | "control" | "capToPC" | "capToMe" | "capChat" | "capPointer",
      text: "viewText" | "controlText" | "toPCText" | "toMeText" | "chatText" | "pointerText"): CapabilityButton => {
      const button: CapabilityButton = new CapabilityButton({ id, icon: symbol, name, text, small: cap !== "view" && cap !== "control",
        ask: () => this.ask(cap), drop: () => port.cancel(button.id) });
      return button;
    };
    this.buttons = {
      view: make("view", "ask-view", "eye", "view", "viewText"),
      control: make("control", "ask-control", "mouse", "control", "controlText"),
      "clipboard-to-pc": make("clipboard-to-pc", "ask-clipboard-to-pc", "paste", "capToPC", "toPCText"),
      "clipboard-to-engineer": make("clipboard-to-engineer", "ask-clipboard-to-engineer", "copy", "capToMe", "toMeText"),
      chat: make("chat", "ask-chat", "chat", "capChat", "chatText"),
      pointer: make("pointer", "ask-pointer", "pointer", "capPointer", "pointerText"),
    };
    this.input = h("input", { id: "file-input", type: "file", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true", change: () => {
      for (const file of this.input.files ?? []) port.choose(file);
      this.input.value = "";
    } });
    this.send = new CapabilityButton({ id: "send-file", icon: "file", name: "file", text: "fileText", granted: "fileSending", small: true,
      ask: () => this.input.click(), drop: () => port.cancelFile(this.send.id) });
    this.get = new CapabilityButton({ id: "ask-fetch", icon: "download", name: "fileGet", text: "fileGetText", granted: "fileReceiving", small: true, brief: true,
      ask: () => this.fetch(), drop: () => this.get.standing === "asked" ? port.cancel(this.get.id) : port.cancelFile(this.get.id) });
    this.duration = h("select", { id: "duration" },
      h("option", { value: "once" }, t("dOnce")), h("option", { value: "15min", selected: true }, t("d15")), h("option", { value: "session" }, t("dSession")));
    this.more = h("details", { id: "more", class: "more", toggle: () => keep(remembered, this.more.open ? "open" : "") },
      h("summary", {}, icon("chevron"), h("span", { class: "grow" }, t("more")), this.count),
      h("div", { class: "more-list" },
        group(t("groupFiles"), this.send, this.get),
        group(t("groupClipboard"), this.buttons["clipboard-to-pc"], this.buttons["clipboard-to-engineer"]),
        group(t("groupTalk"), this.buttons.chat, this.buttons.pointer)));
    this.more.open = kept(remembered) === "open";
    this.element = h("section", { class: "rail", "aria-label": t("railLabel") },
      this.buttons.view.element, this.buttons.control.element,
      h("label", { class: "duration" }, h("span", { class: "muted" }, t("askFor")), this.duration),
      this.more, this.input, files.element);
    this.tick();
  }

  of(cap: string | undefined): CapabilityButton | undefined {
    return order.includes(cap as Asked) ? this.buttons[cap as Asked] : undefined;
  }

  granted(cap: Asked): boolean { return this.buttons[cap].standing === "granted"; }

  ask(cap: Asked): void {
    const button = this.buttons[cap];
    const id = newID();
    button.asked(id);
    // Chat and pointer are asked for once a session, whatever is chosen.
    this.port.ask(cap, id, cap === "chat" || cap === "pointer" ? "session" : this.duration.value as Duration);
    this.tick();
  }

  /** Asks the technician to choose a file for us. */
  fetch(): void {
    const id = newID();
    this.get.asked(id);
    this.port.fetch(id);
  }

  /** What may be asked for, as the host says. Nothing said of one: it is off. */
  may(m: NonNullable<Message["may"]>): void {
    for (const cap of order) this.buttons[cap].may(m[cap] ?? "off");
    for (const b of [this.send, this.get]) b.may(m.files ?? "off");
    this.tick();
  }

  /** The link is gone, and every question with it; what was granted goes on. */
  lost(): void {
    for (const b of [...order.map((cap) => this.buttons[cap]), this.get]) if (b.standing === "asked") b.set("idle", "withdrawn");
  }

  tick(): void {
    for (const cap of order) this.buttons[cap].tick();
    this.send.tick();
    this.get.tick();
    const busy = [this.send, this.get, ...order.slice(2).map((cap) => this.buttons[cap])].filter((b) => b.busy).length;
    setText(this.count, busy ? t("moreActive", { n: busy }) : "");
  }
}

function group(title: string, ...buttons: CapabilityButton[]): HTMLElement {
  return h("div", { class: "more-group", role: "group", "aria-label": title }, h("h2", {}, title), ...buttons.map((b) => b.element));
}

/** 32 hexadecimal digits. */
export function newID(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
