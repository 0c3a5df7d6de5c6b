// The conversation with the technician. Texts are text: nothing in them is
// markup or a link. A line counts as sent when the host has logged it.

import { h, icon, setText, show } from "./dom";
import { t, timeOfDay } from "./strings";
import { Message, maxChat } from "./wire";

const utf8 = new TextEncoder();
const most = 500; // lines that are kept here; the log has all

export interface ChatPort {
  say(m: Message): void;
  ask(): void;
  id(): string;
  unread(n: number): void;
  close(): void;
}

export class Chat {
  readonly element: HTMLElement;
  private readonly lines = h("ol", { class: "chat-list" });
  /** Scrolls, by the keyboard too. */
  private readonly log = h("div", { id: "chat-lines", class: "chat-lines", role: "log", tabindex: "0", "aria-label": t("chatTitle") }, this.lines);
  private readonly empty = h("p", { class: "muted chat-empty" }, t("chatEmpty"));
  private readonly field: HTMLTextAreaElement;
  private readonly form: HTMLElement;
  private readonly closed: HTMLElement;
  private readonly why = h("p", { class: "muted" });
  private readonly askButton: HTMLButtonElement;
  private readonly error = h("p", { id: "chat-error", class: "chat-error", role: "alert", hidden: true });
  private readonly pending = new Map<string, HTMLElement>();
  private wanted = false; // it was asked for from here
  private unread = 0;
  private lastWho = "";

  constructor(private readonly technician: string, private readonly port: ChatPort) {
    this.field = h("textarea", { id: "chat-field", rows: "2", "aria-label": t("chatField"), placeholder: t("chatField"), keydown: (e) => this.key(e as KeyboardEvent), input: () => this.check(),
      keypress: (e) => { if ((e as KeyboardEvent).key === "Enter" && !(e as KeyboardEvent).shiftKey) e.preventDefault(); } });
    this.form = h("div", { class: "chat-form" }, this.error, h("div", { class: "chat-write" }, this.field,
      h("button", { id: "chat-send", class: "primary", type: "button", "aria-label": t("chatSend"), "data-tip": t("chatSend"), click: () => this.send() }, icon("send"))),
      h("p", { class: "chat-note" }, icon("log"), h("span", {}, t("chatLogged")), h("span", { class: "keys" }, t("chatKeys"))));
    this.askButton = h("button", { id: "chat-ask", class: "primary", type: "button", click: () => {
      this.wanted = true;
      port.ask();
    } }, t("chatAsk"));
    this.closed = h("div", { class: "chat-closed" }, this.why, this.askButton);
    this.element = h("section", { id: "chat", class: "chat", hidden: true, "aria-labelledby": "chat-title", keydown: (e) => {
      if ((e as KeyboardEvent).key === "Escape" && !(e as KeyboardEvent).isComposing) port.close();
    } },
      h("header", {}, h("h2", { id: "chat-title" }, t("chatTitle")), h("span", { class: "muted grow" }, technician),
        h("button", { id: "chat-close", class: "tool", type: "button", "aria-label": t("chatClose"), "data-tip": t("chatClose"), click: () => port.close() }, icon("end"))),
      this.empty, this.log, this.closed, this.form);
    this.may(false, "", false);
  }

  get open(): boolean { return !this.element.hidden; }

  toggle(on: boolean): void {
    show(this.element, on);
    if (!on) return;
    this.count(0);
    this.log.scrollTop = this.log.scrollHeight;
    if (this.form.hidden) this.askButton.focus(); else this.field.focus();
  }

  /** Whether it may be written, or why not and whether asking helps. */
  may(granted: boolean, why: string, ask: boolean): void {
    const opened = granted && this.form.hidden && this.open && this.wanted;
    if (granted) this.wanted = false;
    show(this.form, granted);
    show(this.closed, !granted);
    show(this.askButton, ask);
    setText(this.why, why);
    if (opened) this.field.focus();
  }

  /** A line of the technician's, or one of ours that has been logged. */
  message(m: Message): void {
    const own = m.on !== true, waiting = m.id ? this.pending.get(m.id) : undefined;
    if (own && waiting) {
      this.pending.delete(m.id!);
      delete waiting.dataset.pending;
      return;
    }
    this.add(own, m.text ?? "");
    if (!own && !this.open) this.count(this.unread + 1);
  }

  /** Lines that no host has confirmed are not told to be anything else. */
  lost(): void {
    for (const line of this.pending.values()) line.dataset.pending = "lost";
    this.pending.clear();
  }

  private add(own: boolean, text: string): HTMLElement {
    const who = own ? t("chatYou") : this.technician || t("technician");
    const line = h("li", { class: "chat-line", "data-own": String(own) },
      h("p", { class: "chat-who", hidden: who === this.lastWho && !!this.lines.childElementCount }, who),
      h("div", { class: "bubble" }, text), h("time", { datetime: new Date().toISOString() }, timeOfDay(new Date())));
    this.lastWho = who;
    show(this.empty, false);
    const below = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 40;
    this.lines.append(line);
    while (this.lines.childElementCount > most) this.lines.firstElementChild!.remove();
    if (own || below) this.log.scrollTop = this.log.scrollHeight;
    return line;
  }

  private count(n: number): void {
    this.unread = n;
    this.port.unread(n);
  }

  private key(e: KeyboardEvent): void {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    this.send();
  }

  private check(): boolean {
    const size = utf8.encode(this.field.value).length;
    show(this.error, size > maxChat);
    setText(this.error, size > maxChat ? t("chatLong", { n: size - maxChat }) : "");
    return size <= maxChat;
  }

  private send(): void {
    const text = this.field.value.trim();
    if (!text || !this.check() || this.form.hidden) return;
    const id = this.port.id(), line = this.add(true, text);
    line.dataset.pending = "sending";
    this.pending.set(id, line);
    this.field.value = "";
    this.port.say({ t: "chat", id, text });
  }
}
