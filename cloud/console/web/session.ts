// A running session: the picture, what may be asked for, files, the end.

import type { Request } from "./api";
import { CapabilityButton } from "./capability";
import { byId, h, icon, setText, show } from "./dom";
import { FilePanel } from "./filepanel";
import { Capture } from "./input";
import { Key, clock, t } from "./strings";
import type { FileState, FromWorker, LinkState, Message, ToWorker } from "./wire";

type Duration = "once" | "15min" | "session";

export class Session {
  readonly element: HTMLElement;
  readonly started = Date.now();
  readonly granted = new Set<Key>();
  readonly files: FilePanel;
  private readonly view: CapabilityButton;
  private readonly control: CapabilityButton;
  private readonly file: CapabilityButton;
  private readonly fileInput: HTMLInputElement;
  private readonly duration: HTMLSelectElement;
  private readonly status = h("span", { id: "status", role: "status" });
  private readonly time = h("span", { class: "muted mono" });
  private readonly stage: HTMLElement;
  private readonly cover: HTMLElement;
  private readonly compare: HTMLElement;
  private readonly coverTitle = h("strong");
  private readonly coverText = h("p");
  private readonly banner = h("p", { class: "grow", role: "status" });
  private readonly bar: HTMLElement;
  private readonly sizes: HTMLElement;
  private readonly capture: Capture;
  private readonly timer: number;
  private size = { width: 0, height: 0 };
  private fit = true;
  private screen = "";
  private drawn = false;
  private everAsked = false;
  private paused = false;
  private lost = false;
  private generation = 0;
  private fileID = "";
  private readonly watch: ResizeObserver;

  constructor(
    readonly request: Request, readonly reason: string, readonly ticket: string, words: string,
    private readonly canvas: HTMLCanvasElement, private readonly tell: (m: ToWorker) => void,
  ) {
    this.view = new CapabilityButton("ask-view", "eye", "view", "viewText", () => this.ask(this.view, "view"), () => this.drop(this.view));
    this.control = new CapabilityButton("ask-control", "mouse", "control", "controlText", () => this.ask(this.control, "control"), () => this.drop(this.control));
    this.file = new CapabilityButton("send-file", "file", "file", "fileText", () => this.fileInput.click(), () => this.cancelFile(this.fileID), "fileSending");
    this.fileInput = h("input", { id: "file-input", type: "file", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true", change: () => this.offer() }) as HTMLInputElement;
    this.duration = h("select", { id: "duration" },
      h("option", { value: "once" }, t("dOnce")), h("option", { value: "15min", selected: true }, t("d15")), h("option", { value: "session" }, t("dSession"))) as HTMLSelectElement;
    this.files = new FilePanel({ cancel: (id) => this.cancelFile(id), again: (file) => this.send(file), fetch: () => this.fetch() });
    this.compare = h("div", { id: "compare-words", class: "words big" }, icon("shield"), h("strong", {}, t("compareTitle")),
      h("span", { class: "said" }, words), h("p", {}, t("compareText")));
    this.cover = h("div", { id: "cover", class: "cover" }, this.compare, icon("screen"), this.coverTitle, this.coverText);
    this.stage = h("div", { class: "stage-area" }, canvas, this.cover);
    this.sizes = h("div", { class: "segmented", role: "group" },
      h("button", { type: "button", id: "fit", "aria-pressed": "true", click: () => this.setFit(true) }, icon("fit"), t("fit")),
      h("button", { type: "button", id: "actual", "aria-pressed": "false", click: () => this.setFit(false) }, t("actual")));
    this.bar = h("div", { class: "banner" }, this.banner, this.sizes);
    this.element = h("main", { class: "session", id: "content" },
      h("header", { class: "session-head" },
        h("div", { class: "grow" }, h("h1", {}, request.type, " ", h("span", { class: "muted mono" }, request.serial)),
          h("p", { class: "muted" }, [request.technician, this.reason, this.ticket].filter(Boolean).join(" · "))),
        h("div", { class: "words small", title: t("compareText") }, icon("shield"), h("span", { class: "muted" }, t("wordsShort")), h("strong", { id: "words" }, words)),
        h("div", { class: "pill" }, h("span", { class: "dot on", "aria-hidden": "true" }), this.status, this.time),
        h("button", { id: "end", class: "stop", type: "button", click: () => this.tell({ do: "bye" }) }, icon("end"), t("end"))),
      h("aside", { class: "rail" },
        this.view.element, this.control.element, this.file.element, this.fileInput,
        h("label", { class: "duration" }, h("span", { class: "muted" }, t("askFor")), this.duration),
        this.files.element),
      // The line above the picture is always there, so that no message ever
      // moves the picture under the engineer's mouse.
      h("section", { class: "screen-box", "aria-label": t("screenLabel") }, this.bar, this.stage));
    this.capture = new Capture(canvas, () => this.size,
      (events) => this.say({ t: "input", gen: this.generation, events }), () => byId("end").focus());
    canvas.addEventListener("focus", this.draw);
    canvas.addEventListener("blur", this.draw);
    this.watch = new ResizeObserver(() => this.layout());
    this.watch.observe(this.stage);
    this.timer = window.setInterval(this.draw, 500);
    this.draw();
  }

  close(): void {
    clearInterval(this.timer);
    this.watch.disconnect();
    this.capture.enable(false);
    this.files.close();
    this.canvas.removeEventListener("focus", this.draw);
    this.canvas.removeEventListener("blur", this.draw);
  }

  private say(message: Message): void { this.tell({ do: "say", message }); }

  private ask(button: CapabilityButton, cap: "view" | "control"): void {
    if (this.lost) return;
    const id = newID();
    button.asked(id);
    this.everAsked = true;
    this.say({ t: "ask", id, cap, reason: this.reason, ticket: this.ticket, duration: this.duration.value as Duration });
    this.draw();
  }

  private drop(button: CapabilityButton): void { this.say({ t: "cancel", id: button.id }); }

  private offer(): void {
    for (const file of this.fileInput.files ?? []) this.send(file);
    this.fileInput.value = "";
  }

  private send(file: File): void {
    this.everAsked = true;
    this.fileID = newID();
    this.files.add(this.fileID, file);
    this.file.asked(this.fileID);
    this.tell({ do: "file", id: this.fileID, file });
    this.draw();
  }

  private fetch(): string {
    if (this.lost) return "";
    const id = newID();
    this.everAsked = true;
    this.say({ t: "ask-fetch", id, reason: this.reason, ticket: this.ticket });
    this.draw();
    return id;
  }

  private cancelFile(id: string): void { this.tell({ do: "cancel-file", id }); }

  state(s: LinkState): void {
    this.lost = s.phase === "lost";
    if (this.lost) {
      // Questions are withdrawn with the link; grants go on.
      for (const b of [this.view, this.control]) if (b.standing === "asked") b.set("idle", "withdrawn");
    }
    if (s.words) setText(this.element.querySelector("#words")!, s.words);
    this.draw();
  }

  message(m: Message): void {
    switch (m.t) {
      case "answer":
        if (m.cap === "files" && m.id) {
          if (m.granted && m.file) this.files.incoming(m.id, m.file);
          else this.files.answered(m.id, m.granted === true, m.why ?? "");
        }
        if (m.cap !== "view" && m.cap !== "control") break;
        this.answer(m.cap === "view" ? this.view : this.control, m);
        break;
      case "lease-end":
        (m.cap === "view" ? this.view : this.control).set("idle", m.why ?? "ended");
        break;
      case "screen":
        this.screen = m.state ?? "";
        if (m.width && m.height) this.resize(m.width, m.height);
        break;
      case "may":
        this.files.may(m.may?.files ?? "ask");
        break;
      case "file":
        // What the technician has not chosen yet is not known to the worker.
        if (m.id && (m.state === "failed" || m.state === "refused")) this.files.answered(m.id, false, m.why ?? "");
        break;
      case "paused":
        this.paused = m.on === true;
        break;
    }
    this.draw();
  }

  private answer(button: CapabilityButton, m: Message): void {
    button.id = m.id ?? button.id;
    button.answer(m);
    if (!m.granted) return;
    this.generation = Math.max(this.generation, m.gen ?? 0);
    this.granted.add(button === this.view ? "view" : "control");
    if (button === this.control) this.canvas.focus({ preventScroll: true });
  }

  fileState(id: string, state: FileState, done: number, why = ""): void {
    this.files.set(id, state, done, why);
    if (id !== this.fileID) return;
    switch (state) {
      case "sending": case "checking":
        if (this.file.standing !== "granted") this.file.set("granted", "allowed");
        break;
      case "denied": case "timeout":
        this.file.answer(why ? { t: "answer", why } : { t: "answer", why: "denied" });
        break;
      case "finished":
        this.granted.add("file");
        this.file.set("idle");
        break;
      case "failed":
        this.file.set("idle", why);
        break;
    }
  }

  worker(m: FromWorker): void {
    if (m.is === "fetched") this.files.fetched(m.id, m.name, m.blob);
    if (m.is === "size") this.resize(m.width, m.height);
    if (m.is === "blank") this.drawn = false;
    if (m.is === "drawn") this.drawn = true;
    if (m.is !== "drawn" || !this.cover.hidden) this.draw();
  }

  private resize(width: number, height: number): void {
    this.size = { width, height };
    this.layout();
  }

  private setFit(on: boolean): void {
    this.fit = on;
    byId("fit").setAttribute("aria-pressed", String(on));
    byId("actual").setAttribute("aria-pressed", String(!on));
    this.layout();
  }

  /** Never larger than one picture pixel on one pixel of ours: text stays sharp. */
  private layout(): void {
    const { width, height } = this.size;
    if (!width) return;
    const box = this.stage.getBoundingClientRect(), one = 1 / devicePixelRatio;
    const scale = this.fit ? Math.min(box.width / width, box.height / height, Math.max(one, 1)) : one;
    this.canvas.style.width = `${width * scale}px`;
    this.canvas.style.height = `${height * scale}px`;
    this.stage.classList.toggle("scrolls", !this.fit);
  }

  private readonly draw = (): void => {
    this.view.tick();
    this.control.tick();
    this.file.tick();
    setText(this.status, this.lost ? t("statusLost") : t("statusSession"));
    document.body.dataset.lost = String(this.lost);
    setText(this.time, clock(Date.now() - this.started));
    const controls = this.control.standing === "granted" && !this.lost && this.drawn;
    this.capture.enable(controls && !this.paused);
    this.canvas.tabIndex = controls ? 0 : -1;
    this.canvas.classList.toggle("steering", controls && !this.paused);
    this.drawBanner(controls);
    this.drawCover();
  };

  private drawBanner(controls: boolean): void {
    const { width, height } = this.size;
    const [kind, text] = this.lost ? ["attention", `${t("lostTitle")}. ${t("lostText")}`]
      : this.paused && controls ? ["attention", `${t("pausedTitle")}. ${t("pausedText")}`]
      : controls && this.capture.active ? ["session", t("capturing")]
      : controls ? ["note", t("controlHint")]
      : ["", this.drawn ? `${t("screenLabel")}, ${width} × ${height}. ${t("maskNote")}` : ""];
    this.bar.dataset.kind = kind;
    setText(this.banner, text);
    show(this.sizes, this.drawn);
  }

  /** Says why there is no picture. */
  private drawCover(): void {
    const [title, text] = this.why();
    show(this.cover, title !== "");
    // What must come first stands where the picture will be.
    show(this.compare, !this.everAsked);
    this.cover.classList.toggle("waits", this.view.standing === "asked" || this.view.standing === "granted");
    setText(this.coverTitle, title);
    setText(this.coverText, text);
  }

  private why(): [string, string] {
    if (this.screen === "locked") return [t("screenLocked"), t("screenLockedText")];
    switch (this.view.standing) {
      case "granted":
        if (this.screen === "masked") return [t("screenMasked"), t("screenMaskedText")];
        if (this.screen === "no-helper") return [t("screenHelper"), t("screenHelperText")];
        if (this.screen === "off") return [t("screenOff"), t("screenOffText")];
        return this.drawn ? ["", ""] : [t("firstPicture"), ""];
      case "asked": return [t("askedView"), t("askedViewText")];
    }
    return [t("noView"), this.view.says ? `${this.view.says}.` : t("noViewText")];
  }
}

/** 32 hexadecimal digits. */
function newID(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
