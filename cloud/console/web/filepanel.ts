// The list of files offered in this session.

import { reason } from "./capability";
import { h, setText, show } from "./dom";
import { Key, language, t } from "./strings";
import type { FileState } from "./wire";

const words: Record<FileState, Key> = {
  reading: "fReading", asked: "fAsked", sending: "fSending", checking: "fChecking",
  finished: "fFinished", denied: "fDenied", timeout: "fTimeout", failed: "fFailed",
};

interface Row { element: HTMLElement; state: HTMLElement; bar: HTMLProgressElement; cancel: HTMLElement; size: number; now: FileState }

export class FilePanel {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "files" });
  private readonly rows = new Map<string, Row>();

  constructor(private readonly cancel: (id: string) => void) {
    this.element = h("section", { id: "files", class: "panel", hidden: true, "aria-labelledby": "files-title" },
      h("h2", { id: "files-title" }, t("filesTitle")), this.list);
  }

  add(id: string, name: string, size: number): void {
    const state = h("span", { class: "muted" });
    const bar = h("progress", { max: String(Math.max(size, 1)), value: "0", "aria-label": name }) as HTMLProgressElement;
    const cancel = h("button", { class: "quiet small", type: "button", click: () => this.cancel(id) }, t("cancel"));
    const element = h("li", { class: "file", "data-id": id, "data-state": "reading" },
      h("div", { class: "file-head" }, h("strong", { title: name }, name), h("span", { class: "muted" }, amount(size))), bar,
      h("div", { class: "file-foot" }, state, cancel));
    this.list.prepend(element);
    this.rows.set(id, { element, state, bar, cancel, size, now: "reading" });
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
    show(row.bar, !over);
    if (now === "asked" || now === "checking") row.bar.removeAttribute("value");
    else row.bar.value = done;
    const percent = row.size && (now === "sending" || now === "reading") ? ` ${Math.floor(100 * done / row.size)} %` : "";
    setText(row.state, (over && now !== "finished" ? reason(why) : "") || t(words[now]) + percent);
  }

  get finished(): string[] {
    return [...this.rows.values()].filter((r) => r.now === "finished").map((r) => r.element.querySelector("strong")!.textContent!);
  }
}

function amount(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let i = 0, v = bytes;
  while (v >= 1000 && i < 3) {
    v /= 1000;
    i++;
  }
  return `${v.toLocaleString(language, { maximumFractionDigits: v < 10 && i ? 1 : 0 })} ${units[i]}`;
}
