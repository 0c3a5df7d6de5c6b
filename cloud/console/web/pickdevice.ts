// A field that finds one instrument: typed at, it lists what fits.

import { SignedOut } from "./api";
import { h, setText } from "./dom";
import { Instrument, instruments } from "./instruments_api";
import { plain } from "./plain";
import { t } from "./strings";

/** How long typing must rest before it is looked for. */
const typed = 300;

export class DevicePicker {
  readonly element: HTMLElement;
  readonly find: HTMLInputElement;
  private readonly list: HTMLSelectElement;
  private readonly says = h("p", { class: "help", role: "status" });
  private found: Instrument[] = [];
  private timer = 0;
  private turn = 0;

  /** The IDs of what is in it begin with id. */
  constructor(id: string, private readonly signedOut: () => void) {
    this.find = h("input", { id: `${id}-find`, type: "text", maxlength: "100", autocomplete: "off", spellcheck: "false", placeholder: t("insSearch"), input: () => this.later() });
    this.list = h("select", { id: `${id}-device` });
    this.element = h("div", { class: "field-row" },
      h("label", { class: "field" }, h("span", {}, t("admFindDevice")), this.find),
      h("label", { class: "field" }, h("span", {}, t("admDevice")), this.list), this.says);
    void this.load();
  }

  /** The ID of the chosen one, "" when none is. */
  get value(): string { return this.list.value; }

  /** Looks again: what is listed may stand elsewhere now. */
  refresh(): void { void this.load(); }

  close(): void {
    clearTimeout(this.timer);
    this.turn++;
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), typed);
  }

  private async load(): Promise<void> {
    const turn = ++this.turn, text = this.find.value.trim();
    try {
      const page = await instruments({ text });
      if (turn !== this.turn) return;
      this.found = (page.rows ?? []).filter((d) => !d.retiredMs);
      const chosen = this.list.value;
      this.list.replaceChildren(h("option", { value: "" }, t("admChoose")), ...this.found.map((d) =>
        h("option", { value: d.id }, [plain(d.type, 60), plain(d.serial, 40), plain(d.siteName ?? "", 60) || t("insUnassigned"), d.region.toUpperCase()].join(" · "))));
      this.list.value = this.found.some((d) => d.id === chosen) ? chosen : text && this.found.length === 1 ? this.found[0]!.id : "";
      setText(this.says, t("admFound", { n: page.total }));
    } catch (error) {
      if (turn !== this.turn) return;
      if (error instanceof SignedOut) return this.signedOut();
      setText(this.says, t("insFailed"));
    }
  }
}
