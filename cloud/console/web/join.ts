// Between a request and its session: the reason, the words, the code.

import type { Request } from "./api";
import { h, icon, setText, show } from "./dom";
import { span, t } from "./strings";
import type { LinkState, Message } from "./wire";

/** Where the words will stand: their place is kept. */
const none = "…";

export interface JoinPort {
  join(reason: string, ticket: string): void;
  code(code: string): void;
  back(): void;
}

export class Join {
  readonly element: HTMLElement;
  private readonly reasonInput: HTMLInputElement;
  private readonly ticketInput: HTMLInputElement;
  private readonly codeInput: HTMLInputElement;
  private readonly button: HTMLButtonElement;
  private readonly error = h("p", { id: "code-error", class: "error", role: "alert", hidden: true });
  private readonly stage = h("p", { id: "join-stage", class: "stage", "aria-live": "polite", hidden: true });
  private readonly words = h("strong", { id: "words" }, none);
  private readonly wordsBox: HTMLElement;
  private begun = false;
  private stands = false;
  private checking = false;
  private waitUntil = 0;
  private queued = false;
  private wrong = "";
  private readonly timer: number;

  constructor(readonly request: Request, ticket: string, private readonly port: JoinPort) {
    this.reasonInput = h("input", { id: "reason", type: "text", maxlength: "200", required: true, autocomplete: "off",
      placeholder: t("reasonExample"), "aria-describedby": "reason-help" }) as HTMLInputElement;
    this.ticketInput = h("input", { id: "ticket", type: "text", maxlength: "40", autocomplete: "off", spellcheck: "false",
      placeholder: "4711", value: ticket, "aria-describedby": "ticket-help" }) as HTMLInputElement;
    this.codeInput = h("input", { id: "code", class: "code", type: "text", maxlength: "16", autocomplete: "off", autocapitalize: "characters",
      spellcheck: "false", placeholder: "ABCD-EFGH", "aria-describedby": "code-help code-error" }) as HTMLInputElement;
    this.button = h("button", { id: "join-confirm", class: "primary", type: "submit" }, t("connect")) as HTMLButtonElement;
    this.wordsBox = h("div", { class: "words", "data-empty": true },
      icon("shield"), h("div", {}, h("span", { class: "muted" }, t("wordsTitle")), this.words, h("span", { class: "muted" }, t("wordsText"))));
    const form = h("form", { class: "card join-card", novalidate: true, submit: (e) => this.submit(e) },
      h("h1", {}, t("joinTitle", { type: request.type })),
      h("p", { class: "muted" }, h("span", { class: "mono" }, request.serial), request.technician ? ` · ${request.technician}` : ""),
      request.reason ? h("blockquote", {}, request.reason) : null,
      h("div", { class: "fields" },
        h("div", {}, h("label", { for: "reason" }, t("reason")), this.reasonInput, h("p", { id: "reason-help", class: "help" }, t("reasonHelp"))),
        h("div", {}, h("label", { for: "ticket" }, t("ticket")), this.ticketInput, h("p", { id: "ticket-help", class: "help" }, t("ticketHelp")))),
      this.wordsBox,
      h("label", { for: "code" }, t("code")), this.codeInput, h("p", { id: "code-help", class: "help" }, `${t("joinText")} ${t("codeHelp")}`),
      h("div", { class: "join-status" }, this.error, this.stage),
      h("div", { class: "actions" },
        h("button", { id: "join-back", class: "quiet", type: "button", click: () => this.port.back() }, t("back")), this.button));
    this.element = h("main", { class: "centre", id: "content" }, form);
    this.timer = window.setInterval(() => this.draw(), 250);
  }

  focus(): void { this.reasonInput.focus(); }
  close(): void { clearInterval(this.timer); }
  /** Going back would lose something. */
  get typed(): boolean { return this.begun || this.reason !== "" || this.codeInput.value !== ""; }
  get reason(): string { return this.reasonInput.value.trim(); }
  get ticket(): string { return this.ticketInput.value.trim(); }

  private submit(e: Event): void {
    e.preventDefault();
    if (!this.reason) {
      this.reasonInput.setAttribute("aria-invalid", "true");
      return this.reasonInput.focus();
    }
    this.reasonInput.removeAttribute("aria-invalid");
    if (!this.begun) {
      this.begun = true;
      this.reasonInput.readOnly = this.ticketInput.readOnly = true;
      this.port.join(this.reason, this.ticket);
    } else if (this.stands) {
      this.tryCode();
    }
    this.draw();
  }

  private tryCode(): void {
    const code = this.codeInput.value.trim();
    if (!code || this.checking) return this.codeInput.focus();
    // The host would count a try that comes too early: it goes when its time comes.
    this.queued = Date.now() < this.waitUntil;
    if (this.queued) return;
    this.checking = true;
    this.wrong = "";
    this.codeInput.value = ""; // a code is for one try and for nobody's eyes later
    this.port.code(code);
    this.draw();
  }

  state(s: LinkState): void {
    const stood = this.stands;
    this.stands = s.phase === "code";
    this.checking = this.queued = false;
    setText(this.words, this.stands ? s.words ?? "" : none);
    this.wordsBox.toggleAttribute("data-empty", !this.stands);
    if (this.stands && !stood && this.codeInput.value.trim()) this.tryCode();
    else if (this.stands) this.codeInput.focus();
    setText(this.stage, s.phase === "code" ? t("stageCode") : s.phase === "preparing" ? t("stagePreparing") : t("stageConnecting"));
    this.draw();
  }

  wrongCode(m: Message): void {
    this.checking = false;
    this.waitUntil = Date.now() + (m.waitMs ?? 0);
    const left = m.triesLeft ?? 0;
    this.wrong = `${t("wrongCode")} ${left === 1 ? t("triesLeft1") : t("triesLeft", { n: left })}`;
    this.draw();
    this.codeInput.focus();
  }

  private draw(): void {
    const wait = this.waitUntil - Date.now();
    if (this.queued && wait <= 0) return this.tryCode();
    show(this.stage, this.begun && !this.wrong);
    if (this.checking) setText(this.stage, t("stageChecking"));
    show(this.error, this.wrong !== "");
    // The wait counts down quietly: an alert that changes is read out again.
    setText(this.error, this.wrong);
    this.codeInput.toggleAttribute("aria-invalid", this.wrong !== "");
    const busy = (this.begun && !this.stands) || this.checking;
    this.button.disabled = busy;
    this.button.classList.toggle("busy", busy || this.queued);
    setText(this.button, wait > 0 ? t("wrongWait", { time: span(wait) }) : t("connect"));
  }
}
