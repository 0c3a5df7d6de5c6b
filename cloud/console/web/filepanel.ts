// The list of files offered in this session.

import { reason } from "./capability";
import { h, setText, show } from "./dom";
import { Key, amount, t } from "./strings";
import type { FileState } from "./wire";

const words: Record<FileState, Key> = {
  reading: "fReading", asked: "fAsked", sending: "fSending", checking: "fChecking",
  finished: "fFinished", denied: "fDenied", timeout: "fTimeout", failed: "fFailed",
};

interface Row { element: HTMLElement; state: HTMLElement; bar: HTMLProgressElement; cancel: HTMLElement; again: HTMLElement; size: number; now: FileState }

export class FilePanel {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "files" });
  private readonly rows = new Map<string, Row>();

  constructor(private readonly cancel: (id: string) => void, private readonly again: (file: File) => void) {
    this.element = h("section", { id: "files", class: "panel", hidden: true, "aria-labelledby": "files-title" },
      h("h2", { id: "files-title" }, t("filesTitle")), this.list);
  }

  add(id: string, file: File): void {
    const { name, size } = file;
    const state = h("span", { class: "muted" });
    const bar = h("progress", { max: String(Math.max(size, 1)), value: "0", "aria-label": name }) as HTMLProgressElement;
    const cancel = h("button", { class: "quiet small", type: "button", click: () => this.cancel(id) }, t("cancel"));
    const again = h("button", { class: "again small", type: "button", hidden: true, click: () => {
      show(again, false); // this row is history, the new question has its own
      this.again(file);
    } }, t("askAgain"));
    const element = h("li", { class: "file", "data-id": id, "data-state": "reading" },
      h("div", { class: "file-head" }, h("strong", { title: name }, name), h("span", { class: "muted" }, amount(size))), bar,
      h("div", { class: "file-foot" }, state, cancel, again));
    this.list.prepend(element);
    this.rows.set(id, { element, state, bar, cancel, again, size, now: "reading" });
    show(this.element, true);
  }

  set(id: string, now: FileState, done: number, why = ""): void {
    const row = this.rows.get(id);
    if (!row || row.now === "finished" || row.now === "failed") return;
    row.now = now;
    row.element.dataset.state = now;
    row.element.dataset.why = why;
    const over = now === "finished" || now === "denied" || now === "timeout" || now === "failed";
    show(row.cancel, !over);
    show(row.again, now === "timeout");
    show(row.bar, !over);
    if (now === "asked" || now === "checking") row.bar.removeAttribute("value");
    else row.bar.value = done;
    const percent = row.size && (now === "sending" || now === "reading") ? ` ${Math.floor(100 * done / row.size)} %` : "";
    setText(row.state, (over && now !== "finished" && now !== "timeout" ? reason(why) : "") || t(words[now]) + percent);
  }

  get finished(): string[] {
    return [...this.rows.values()].filter((r) => r.now === "finished").map((r) => r.element.querySelector("strong")!.textContent!);
  }
}
