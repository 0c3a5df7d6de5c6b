// The scrubbed logs that a technician sent with a request (B8): to read, and to
// keep as a text file.

import { Refused, Request, SignedOut, helpLogs } from "./api";
import { h, icon } from "./dom";
import { refusalText } from "./refusals";
import { t } from "./strings";

const again = 3000;

export class LogsPage {
  readonly element: HTMLElement;
  private readonly text = h("pre", { id: "logs-text", class: "logs-text mono", tabindex: "0", "aria-label": t("logsTitle") });
  private readonly facts = h("p", { class: "muted", role: "status" }, t("logsLoading"));
  private readonly save = h("a", { id: "logs-save", class: "button", role: "button" }, icon("download"), t("logsSave"));
  private readonly back: HTMLButtonElement;
  private address = "";
  private closed = false;
  private timer = 0;

  constructor(private readonly request: Request, back: () => void, private readonly signedOut: () => void) {
    this.back = h("button", { id: "logs-back", class: "quiet", type: "button", click: back }, t("back")) as HTMLButtonElement;
    this.save.hidden = true;
    this.element = h("main", { class: "page logs-page", id: "content", "data-request": request.id },
      h("header", { class: "page-head" }, h("span", { class: "page-icon" }, icon("log")),
        h("div", { class: "grow" }, h("h1", {}, t("logsTitle")), h("p", { class: "muted" }, `${request.type} `, h("span", { class: "mono" }, request.serial))),
        this.save, this.back),
      h("p", { class: "page-note" }, icon("shield"), t("logsText")), this.facts, this.text);
    this.text.hidden = true;
    void this.load();
  }

  focus(): void { this.back.focus(); }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    if (this.address) URL.revokeObjectURL(this.address);
  }

  changed(): void { /* what was sent does not change */ }
  fleet(): void { /* nor does it depend on the fleet */ }

  private async load(): Promise<void> {
    try {
      const logs = await helpLogs(this.request.id);
      if (this.closed) return;
      this.facts.replaceChildren(t("logsLines", { n: logs.lines }), " · SHA-256 ", h("span", { class: "mono" }, logs.sha256));
      this.text.replaceChildren(logs.text);
      this.text.hidden = false;
      this.address = URL.createObjectURL(new Blob([logs.text], { type: "text/plain;charset=utf-8" }));
      this.save.setAttribute("href", this.address);
      this.save.setAttribute("download", `logs-${this.request.id.replace(/[^A-Za-z0-9_-]/g, "")}.txt`);
      this.save.hidden = false;
      this.element.dataset.state = "shown";
    } catch (error) {
      if (this.closed) return;
      if (error instanceof SignedOut) return this.signedOut();
      this.element.dataset.state = "failed";
      this.facts.replaceChildren(refusalText(error, "logsFailed"));
      // What is being looked through may be readable in a moment.
      if (error instanceof Refused && ["upload-scanning", "upload-unavailable"].includes(error.code)) this.timer = window.setTimeout(() => void this.load(), again);
    }
  }
}
