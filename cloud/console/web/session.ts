// A running session: what stands where, and which part hears what.

import type { Request } from "./api";
import { Chat } from "./chat";
import { Clipboard } from "./clipboard";
import { h } from "./dom";
import { FileDesk } from "./filedesk";
import type { FilePanel } from "./filepanel";
import { FullScreen } from "./fullscreen";
import { Head } from "./head";
import { Capture, Mode } from "./input";
import { keep, kept } from "./kept";
import { Monitors } from "./monitors";
import { Notices } from "./notices";
import { Asked, Rail, newID } from "./rail";
import { sendKeys } from "./sendkeys";
import { Action, action, endDialog, helpDialog } from "./shortcuts";
import { Stage, Zoom } from "./stage";
import { Key, t } from "./strings";
import { Toolbar } from "./toolbar";
import { Picture, bannerText, whyBlack } from "./why";
import type { FileState, FromWorker, Input, LinkState, Message, ToWorker } from "./wire";

const names: Record<Asked, Key> = {
  view: "view", control: "control", "clipboard-to-pc": "capToPC", "clipboard-to-engineer": "capToMe", chat: "capChat", pointer: "capPointer",
};
const railHidden = "console.rail";

export class Session {
  readonly element: HTMLElement;
  readonly started = Date.now();
  readonly granted = new Set<Key>();
  private readonly desk: FileDesk;
  private readonly life = new AbortController();
  private readonly rail: Rail;
  private readonly stage: Stage;
  private readonly toolbar: Toolbar;
  private readonly monitors: Monitors;
  private readonly chat: Chat;
  private readonly clipboard: Clipboard;
  private readonly notices = new Notices();
  private readonly head: Head;
  private readonly full: FullScreen;
  private readonly capture: Capture;
  private readonly help = helpDialog("session");
  private readonly ending = endDialog(() => this.tell({ do: "bye" }));
  private readonly timer: number;
  private zoom: Zoom = "fit";
  private picture: Picture = { screen: "", drawn: false };
  private everAsked = false;
  private paused = false;
  private lostAt = 0;
  private pointing = false;
  private mode: Mode = "off";
  private generation = 0;

  constructor(
    readonly request: Request, readonly reason: string, readonly ticket: string, words: string,
    private readonly canvas: HTMLCanvasElement, private readonly tell: (m: ToWorker) => void, notes: (() => HTMLDialogElement) | null = null,
  ) {
    const { signal } = this.life, back = (): void => { if (this.mode === "steer") this.capture.focus(); };
    this.desk = new FileDesk({
      tell, rail: () => this.rail, offered: () => this.asked(), granted: (what) => this.granted.add(what),
      ask: (id) => {
        if (!this.lostAt) this.say({ t: "ask-fetch", id, reason: this.reason, ticket: this.ticket });
        this.asked();
        return !this.lostAt;
      },
    });
    this.rail = new Rail({
      ask: (cap, id, duration) => this.ask(cap, id, duration),
      fetch: (id) => this.desk.fetch(id),
      cancel: (id) => this.say({ t: "cancel", id }),
      cancelFile: (id) => this.desk.cancel(id),
      choose: (file) => this.desk.send(file),
    }, this.desk.panel);
    this.stage = new Stage(canvas, words, this.notices.element, signal);
    this.monitors = new Monitors((monitor) => this.say({ t: "monitor", monitor }), back);
    this.toolbar = new Toolbar({
      rail: () => this.toggleRail(), zoom: (z) => this.setZoom(z), full: () => void this.toggleFull(), paste: () => void this.paste(),
      point: () => this.togglePointer(), chat: () => this.toggleChat(), help: () => this.help.showModal(),
    }, this.monitors.menu, sendKeys((strokes) => this.capture.press(strokes), back));
    this.chat = new Chat(request.technician, {
      say: (m) => this.say(m), ask: () => this.rail.ask("chat"), id: newID, unread: (n) => this.toolbar.unread(n), close: () => this.toggleChat(),
    });
    this.clipboard = new Clipboard((m) => this.say(m), this.notices, signal);
    this.head = new Head(request, reason, ticket, words, () => this.ending.showModal(), notes && (() => {
      const dialog = notes();
      this.element.append(dialog);
      dialog.showModal();
    }));
    this.element = h("main", { class: "session", id: "content" }, this.head.element, this.rail.element,
      h("section", { class: "screen-box", "aria-label": t("screenLabel") }, this.toolbar.element, this.stage.element),
      this.chat.element, this.help, this.ending);
    this.full = new FullScreen(this.element, this.draw, signal);
    this.capture = new Capture(canvas, this.stage.field, {
      size: () => this.stage.size,
      send: (events: Input[]) => this.say({ t: "input", gen: this.generation, events }),
      point: (m) => this.say(m), own: (e) => this.shortcut(e), over: (at) => this.stage.over(at),
    }, signal);
    for (const type of ["focus", "blur"]) this.stage.field.addEventListener(type, this.draw);
    document.addEventListener("keydown", (e) => { if (e.target !== this.stage.field && this.shortcut(e)) e.preventDefault(); }, { signal });
    this.timer = window.setInterval(this.draw, 500);
    this.clipboard.link(true);
    this.toggleRail(kept(railHidden) !== "hidden");
  }

  /** The first thing to do has the keyboard. */
  focus(): void { this.element.querySelector<HTMLElement>(this.element.classList.contains("no-rail") ? "#rail-toggle" : "#ask-view")?.focus(); }

  get files(): FilePanel { return this.desk.panel; }

  close(): void {
    clearInterval(this.timer);
    this.capture.set("off");
    this.stage.close();
    this.life.abort();
    this.full.close();
    this.desk.panel.close();
    this.canvas.classList.remove("steering", "pointing");
  }

  private say(message: Message): void { this.tell({ do: "say", message }); }

  private ask(cap: Asked, id: string, duration: "once" | "15min" | "session"): void {
    if (this.lostAt) return this.rail.of(cap)!.set("idle", "withdrawn");
    this.say({ t: "ask", id, cap, reason: this.reason, ticket: this.ticket, duration });
    this.asked();
  }

  /** Something was asked for: the words have been compared, or should have been. */
  private asked(): void {
    this.everAsked = true;
    this.draw();
  }

  state(s: LinkState): void {
    const lost = s.phase === "lost";
    if (lost && !this.lostAt) {
      this.lostAt = Date.now();
      // Questions are withdrawn with the link; grants go on.
      this.rail.lost();
      this.chat.lost();
    }
    if (s.phase === "session" || lost) this.clipboard.link(!lost);
    if (s.phase === "session") this.lostAt = 0;
    if (s.words) this.head.words(s.words);
    this.draw();
  }

  message(m: Message): void {
    switch (m.t) {
      case "may":
        this.rail.may(m.may ?? {});
        break;
      case "answer":
        this.answer(m);
        break;
      case "lease-end":
        this.rail.of(m.cap)?.set("idle", m.why ?? "ended");
        if (m.cap === "clipboard-to-engineer") this.clipboard.over();
        break;
      case "screen":
        if (m.state !== undefined) this.picture.screen = m.state;
        this.monitors.set(m.monitors, m.monitor);
        break;
      case "paused":
        this.paused = m.on === true;
        break;
      case "file":
        this.desk.message(m);
        break;
      case "chat":
        this.chat.message(m);
        return;
      case "clipboard":
        if (this.rail.granted("clipboard-to-engineer")) this.clipboard.arrived(m.text ?? "");
        return;
    }
    this.draw();
  }

  private answer(m: Message): void {
    if (m.cap === "files") return this.desk.answer(m);
    const button = this.rail.of(m.cap);
    if (!button) return;
    button.id = m.id ?? button.id;
    button.answer(m);
    if (!m.granted) return;
    this.generation = Math.max(this.generation, m.gen ?? 0);
    this.granted.add(names[m.cap as Asked]);
    // The picture takes the keyboard, unless the engineer is writing elsewhere.
    const at = document.activeElement;
    if (m.cap === "control" && (!at || at === document.body || this.rail.element.contains(at))) this.capture.focus();
    if (m.cap === "pointer" && !this.rail.granted("control")) this.pointing = true;
    if (m.cap === "chat" && !this.chat.open) this.toggleChat();
  }

  fileState(id: string, state: FileState, done: number, why?: string): void { this.desk.state(id, state, done, why); }

  worker(m: FromWorker): void {
    switch (m.is) {
      case "blank":
        this.picture.drawn = false;
        this.stage.cursor.forget();
        this.head.quality.forget();
        break;
      case "drawn":
        if (m.patch.size) this.stage.resize(m.patch.size.width, m.patch.size.height);
        else if (this.picture.drawn) return; // nothing else here changes with a frame
        this.picture.drawn = true;
        break;
      case "cursor":
        return this.stage.cursor.frame(m);
      case "quality":
        return this.head.quality.set(m);
      case "fetched":
        return this.desk.panel.fetched(m.id, m.name, m.blob);
    }
    this.draw();
  }

  private setZoom(z: Zoom): void {
    this.zoom = z;
    this.draw();
  }

  private toggleRail(on = this.element.classList.contains("no-rail")): void {
    this.element.classList.toggle("no-rail", !on);
    keep(railHidden, on ? "" : "hidden");
    this.draw();
  }

  private toggleChat(): void {
    this.chat.toggle(!this.chat.open);
    if (!this.chat.open) this.element.querySelector<HTMLElement>("#chat-toggle")?.focus();
    this.draw();
  }

  private togglePointer(): void {
    this.pointing = !this.pointing;
    this.draw();
  }

  private async toggleFull(): Promise<void> {
    if (!await this.full.toggle()) this.notices.say({ id: "full", icon: "full", title: t("fullForbidden"), tone: "bad", passes: true });
    if (this.mode === "steer") this.capture.focus();
  }

  private async paste(): Promise<void> {
    if (!this.rail.granted("clipboard-to-pc")) return this.notices.say({ id: "clipboard", icon: "paste", title: t("clipNotGranted"), tone: "bad", passes: true });
    await this.clipboard.read();
    if (this.mode === "steer") this.capture.focus();
  }

  private shortcut(e: KeyboardEvent): boolean {
    const typing = e.target instanceof HTMLTextAreaElement || e.target instanceof HTMLInputElement;
    const what = action(e, typing);
    if (!what) return false;
    if (e.type === "keydown" && !e.repeat) this.act(what);
    return true;
  }

  private act(what: Action): void {
    if (this.element.querySelector("dialog[open]")) return;
    switch (what) {
      case "leave": return (this.full.on ? this.element.querySelector<HTMLElement>("#full")! : this.head.end).focus();
      case "full": return void this.toggleFull();
      case "fit": return this.setZoom(this.zoom === "fit" ? "actual" : "fit");
      case "chat": return this.toggleChat();
      case "paste": return void this.paste();
      case "monitor": return this.monitors.next();
      case "end": return this.ending.showModal();
      case "help": return this.help.showModal();
    }
  }

  private readonly draw = (): void => {
    const lost = this.lostAt > 0, { drawn } = this.picture, full = this.full.on;
    const steers = this.rail.granted("control") && !lost && drawn, points = this.rail.granted("pointer") && !lost && drawn;
    if (!this.rail.granted("pointer")) this.pointing = false;
    this.rail.tick();
    document.body.dataset.lost = String(lost);
    this.head.tick(lost);
    this.mode = points && this.pointing ? "point" : steers && !this.paused ? "steer" : "off";
    this.capture.set(this.mode, lost);
    this.capture.keyboard.pasteText = this.rail.granted("clipboard-to-pc") ? (text) => this.clipboard.paste(text) : null;
    this.stage.field.tabIndex = this.mode === "steer" ? 0 : -1;
    this.canvas.classList.toggle("steering", this.mode === "steer");
    this.canvas.classList.toggle("pointing", this.mode === "point");
    this.stage.cursor.steer(this.mode === "steer");
    this.stage.set(this.zoom, this.monitors.scale);
    this.stage.lost(lost ? Math.floor((Date.now() - this.lostAt) / 1000) : null);
    this.element.classList.toggle("full", full);
    this.full.steer(this.mode === "steer");
    const view = this.rail.of("view")!, chat = this.rail.of("chat")!;
    this.chat.may(chat.standing === "granted" && !lost, lost ? t("lostTitle") : chat.says || t("chatClosed"), chat.askable && !lost);
    const why = whyBlack(this.picture, view.standing, view.says);
    this.stage.say(why.title, why.text, why.icon, view.busy && why.title !== "", !this.everAsked);
    const [kind, text] = bannerText({ lost, points: this.mode === "point", steers, paused: this.paused, active: this.capture.active, full, drawn, size: this.stage.size });
    this.toolbar.set({ kind, text, drawn, zoom: this.zoom, full, rail: !this.element.classList.contains("no-rail"), steers: this.mode === "steer",
      pastes: this.rail.granted("clipboard-to-pc"), points: !points ? "no" : this.pointing ? "does" : "can", chat: this.chat.open });
  };
}
