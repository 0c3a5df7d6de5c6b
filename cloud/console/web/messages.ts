// Messages to technicians: written, looked at as they will be seen, and only
// then sent. What was sent stands below.

import { Device, MessageRequest, MessageSent, MessageText, Refused, SignedOut, sendMessage, sentMessages } from "./api";
import { h, icon, setText } from "./dom";
import { severityChip, when } from "./feedrow";
import { codeText } from "./refusals";
import { Key, language, t } from "./strings";

const maxTitle = 120, maxText = 600;
const languages = ["en", "de", "fr", "es", "it", "zh", "ja"];

const name = (tag: string): string => new Intl.DisplayNames([language], { type: "language" }).of(tag) ?? tag;

interface Block { language: string; element: HTMLElement; title: HTMLInputElement; text: HTMLTextAreaElement }

export class MessagesPage {
  readonly element: HTMLElement;
  private readonly form: HTMLFormElement;
  private readonly preview = h("section", { id: "message-preview", class: "card detail", "aria-live": "polite" });
  private readonly sent = h("ul", { id: "messages-sent", class: "sent-list" });
  private readonly kind: HTMLSelectElement;
  private readonly target: HTMLSelectElement;
  private readonly severity: HTMLSelectElement;
  private readonly hours: HTMLSelectElement;
  private readonly add: HTMLSelectElement;
  private readonly texts = h("div", { class: "texts" });
  private readonly error = h("p", { id: "message-error", class: "error", role: "alert" });
  private readonly reach = h("p", { id: "message-reach", class: "help", role: "status" });
  private blocks: Block[] = [];
  private devices: Device[] = [];
  private shownTargets = "";
  private closed = false;
  private timer = 0;

  /** device: the one to write to at first; empty: chosen here. */
  constructor(private readonly regions: string[], devices: Device[], private readonly device: string, private readonly signedOut: () => void) {
    this.kind = h("select", { id: "message-kind", change: () => this.targets() },
      h("option", { value: "device" }, t("msgToDevice")), h("option", { value: "group" }, t("msgToGroup")), h("option", { value: "region" }, t("msgToRegion"))) as HTMLSelectElement;
    this.target = h("select", { id: "message-target", change: () => this.count() }) as HTMLSelectElement;
    this.severity = h("select", { id: "message-severity" }, h("option", { value: "info" }, t("sevInfo")), h("option", { value: "low" }, t("sevLow")), h("option", { value: "medium" }, t("sevMedium"))) as HTMLSelectElement;
    this.hours = h("select", { id: "message-hours" }, ...[4, 24, 72, 168, 720].map((n) => h("option", { value: String(n), selected: n === 72 }, n < 48 ? t("hours", { n }) : t("msgDays", { n: n / 24 })))) as HTMLSelectElement;
    this.add = h("select", { id: "message-language", "aria-label": t("msgAddLanguage"), change: () => {
      if (this.add.value) this.block(this.add.value).title.focus();
    } }) as HTMLSelectElement;
    this.error.hidden = true;
    this.preview.hidden = true;
    const field = (label: Key, input: HTMLElement): HTMLElement => h("label", { class: "field" }, h("span", {}, t(label)), input);
    this.form = h("form", { id: "message-form", class: "card detail", submit: (e) => {
      e.preventDefault();
      this.look();
    } },
      h("div", { class: "field-row" }, field("msgTo", this.kind), field("msgTarget", this.target), field("feedSeverity", this.severity), field("msgLife", this.hours)),
      this.reach, this.texts,
      h("div", { class: "field-row add" }, this.add),
      h("p", { class: "page-note" }, icon("shield"), t("msgRule")), this.error,
      h("div", { class: "actions" }, h("span", {}), h("button", { id: "message-look", class: "primary", type: "submit" }, t("msgLook")))) as HTMLFormElement;
    this.element = h("main", { class: "page", id: "content" },
      h("header", { class: "page-head" }, h("span", { class: "page-icon" }, icon("send")), h("div", { class: "grow" }, h("h1", {}, t("msgTitle")), h("p", { class: "muted" }, t("msgText")))),
      this.form, this.preview,
      h("section", { "aria-labelledby": "sent-title" }, h("h2", { id: "sent-title", class: "page-section" }, t("msgSent")), this.sent));
    this.block("en");
    if (language === "de") this.block("de");
    this.fleet(devices);
    void this.load();
  }

  focus(): void { this.kind.focus(); }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  typed(): boolean { return this.blocks.some((b) => b.title.value !== "" || b.text.value !== ""); }

  /** More of what was sent has arrived. */
  changed(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), 1000);
  }

  fleet(devices: Device[]): void {
    this.devices = devices;
    this.targets();
  }

  /** The choices of whom it goes to; what was chosen stays chosen. */
  private targets(): void {
    const types = [...new Set(this.devices.map((d) => d.type))].sort((a, b) => a.localeCompare(b));
    const options: [string, string][] = this.kind.value === "device" ? this.devices.map((d) => [d.id, `${d.type} ${d.serial}`])
      : this.kind.value === "group" ? types.map((type) => [type, type]) : this.regions.map((r) => [r, r.toUpperCase()]);
    const content = JSON.stringify([this.kind.value, options]);
    if (content !== this.shownTargets) {
      this.shownTargets = content;
      const chosen = this.target.value || this.device;
      this.target.replaceChildren(...options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
    }
    this.count();
  }

  private reached(): Device[] {
    const to = this.target.value;
    return this.devices.filter((d) => this.kind.value === "device" ? d.id === to : this.kind.value === "group" ? d.type === to : d.region === to);
  }

  private count(): void {
    const list = this.reached();
    setText(this.reach, t("msgReach", { n: list.length, online: list.filter((d) => d.online).length }));
  }

  /** A pair of fields in one more language. */
  private block(tag: string): Block {
    const counted = (most: number, make: (input: EventListener) => HTMLInputElement | HTMLTextAreaElement): [HTMLInputElement | HTMLTextAreaElement, HTMLElement] => {
      const left = h("span", { class: "help counter" }, `0 / ${most}`);
      const input = make(() => {
        setText(left, `${[...input.value].length} / ${most}`);
        left.classList.toggle("over", [...input.value].length > most);
      });
      return [input, left];
    };
    const [title, titleLeft] = counted(maxTitle, (input) => h("input", { type: "text", id: `message-title-${tag}`, lang: tag, input }) as HTMLInputElement);
    const [text, textLeft] = counted(maxText, (input) => h("textarea", { id: `message-text-${tag}`, lang: tag, rows: "3", input }) as HTMLTextAreaElement);
    const remove = tag === "en" ? null : h("button", { class: "quiet small", type: "button", click: () => {
      this.blocks = this.blocks.filter((b) => b.language !== tag);
      element.remove();
      this.choices();
    } }, t("msgRemove"));
    const element = h("fieldset", { class: "text-block" }, h("legend", {}, name(tag)),
      h("label", { class: "field" }, h("span", {}, t("msgTitleField")), title), titleLeft,
      h("label", { class: "field" }, h("span", {}, t("msgTextField")), text), textLeft, remove);
    const block: Block = { language: tag, element, title: title as HTMLInputElement, text: text as HTMLTextAreaElement };
    this.blocks.push(block);
    this.texts.append(element);
    this.choices();
    return block;
  }

  private choices(): void {
    const left = languages.filter((tag) => !this.blocks.some((b) => b.language === tag));
    this.add.replaceChildren(h("option", { value: "" }, t("msgAddLanguage")), ...left.map((tag) => h("option", { value: tag }, name(tag))));
    this.add.hidden = !left.length;
  }

  private request(): MessageRequest {
    // One line each, as the rule for messages wants it.
    const clean = (s: string): string => s.replace(/\s+/g, " ").trim();
    const texts: MessageText[] = this.blocks.map((b) => ({ language: b.language, title: clean(b.title.value), text: clean(b.text.value) }));
    return { [this.kind.value]: this.target.value, severity: this.severity.value, texts, hours: Number(this.hours.value) } as unknown as MessageRequest;
  }

  /** Shows what will be sent, and to how many. */
  private look(): void {
    this.error.hidden = true;
    const m = this.request(), list = this.reached();
    if (m.texts.some((x) => !x.title || !x.text)) return this.refused("text-empty");
    if (!list.length) return this.refused("nobody");
    const send = h("button", { id: "message-send", class: "primary", type: "button", click: () => void this.send(m, send) }, icon("send"), t("msgSendTo", { n: list.length })) as HTMLButtonElement;
    this.preview.replaceChildren(
      h("h2", {}, t("msgPreview")),
      ...m.texts.map((x) => h("article", { class: "note-card", lang: x.language },
        h("p", { class: "note-head" }, severityChip(m.severity), h("span", { class: "muted" }, name(x.language))), h("h3", {}, x.title), h("p", {}, x.text))),
      h("p", {}, t("msgReach", { n: list.length, online: list.filter((d) => d.online).length }), " ", list.some((d) => !d.online) ? h("span", { class: "muted" }, t("msgLater")) : null),
      h("div", { class: "actions" }, h("button", { id: "message-edit", type: "button", click: () => this.edit() }, t("msgEdit")), send));
    this.form.hidden = true;
    this.preview.hidden = false;
    send.focus();
  }

  private edit(): void {
    this.form.hidden = false;
    this.preview.hidden = true;
    this.blocks[0]!.title.focus();
  }

  private async send(m: MessageRequest, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    button.classList.add("busy");
    try {
      const n = await sendMessage(m);
      if (this.closed) return;
      for (const input of this.blocks.flatMap((b) => [b.title, b.text])) {
        input.value = "";
        input.dispatchEvent(new Event("input")); // its counter follows
      }
      this.edit();
      setText(this.reach, t("msgOnItsWay", { n }));
      await this.load();
    } catch (error) {
      if (this.closed) return;
      if (error instanceof SignedOut) return this.signedOut();
      this.edit();
      this.refused(error instanceof Refused ? error.code : "");
    }
  }

  private refused(code: string): void {
    setText(this.error, codeText(code, "msgFailed"));
    this.error.dataset.code = code;
    this.error.hidden = false;
  }

  private async load(): Promise<void> {
    try {
      const list = await sentMessages();
      if (this.closed) return;
      this.sent.replaceChildren(...(list.length ? list.map((m) => this.row(m)) : [h("li", { class: "muted pad" }, t("msgNone"))]));
    } catch (error) {
      if (this.closed) return;
      if (error instanceof SignedOut) return this.signedOut();
      this.sent.replaceChildren(h("li", { class: "muted pad" }, t("msgListFailed")));
    }
  }

  private row(m: MessageSent): HTMLElement {
    const own = m.request.texts.find((x) => x.language === language) ?? m.request.texts.find((x) => x.language === "en") ?? m.request.texts[0];
    const device = this.devices.find((d) => d.id === m.request.device);
    const to = m.request.region ? t("msgInRegion", { region: m.request.region.toUpperCase() }) : m.request.group ? t("msgAllOf", { type: m.request.group })
      : device ? `${device.type} ${device.serial}` : m.request.device ?? "";
    const all = m.delivered >= m.devices;
    return h("li", { class: "sent-row", "data-id": m.id, "data-delivered": String(m.delivered) },
      severityChip(m.request.severity),
      h("div", { class: "grow" }, h("p", { class: "feed-title" }, own?.title ?? ""), h("p", { class: "line" }, own?.text ?? ""),
        h("p", { class: "line muted" }, [to, m.by, when(m.atMs)].join(" · "))),
      h("span", { class: all ? "chip good" : "chip" }, t("msgDelivered", { n: m.delivered, of: m.devices })));
  }
}
