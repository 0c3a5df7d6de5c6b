// The list of files of this session, both ways.

import { reason } from "./capability";
import { h, setText, show } from "./dom";
import { Key, amount, t } from "./strings";
import type { FileState } from "./wire";

const words: Record<FileState, Key> = {
  reading: "fReading", asked: "fAsked", sending: "fSending", receiving: "fReceiving", paused: "fPaused", checking: "fChecking",
  finished: "fFinished", denied: "fDenied", timeout: "fTimeout", failed: "fFailed",
};

const overStates: FileState[] = ["finished", "denied", "timeout", "failed"];

interface Row {
  element: HTMLElement; name: HTMLElement; amount: HTMLElement; state: HTMLElement; bar: HTMLProgressElement; cancel: HTMLElement; again: HTMLElement;
  save: HTMLAnchorElement; size: number; now: FileState; mine: boolean;
}

export interface FilePanelActions {
  cancel(id: string): void;
  /** Offers a file again, after nobody answered. */
  again(file: File): void;
  /** Asks the technician for a file again, after nobody answered. */
  fetch(): void;
}

export class FilePanel {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "files" });
  private readonly rows = new Map<string, Row>();

  constructor(private readonly actions: FilePanelActions) {
    this.element = h("section", { id: "files", class: "panel", hidden: true, "aria-labelledby": "files-title" },
      h("h2", { id: "files-title" }, t("filesTitle")), this.list);
  }

  /** A file that is offered to the technician. */
  add(id: string, file: File): void { this.row(id, file.name, file.size, true, () => this.actions.again(file)); }

  /** A file that the technician sends, asked for or not. */
  incoming(id: string, file: { name: string; size: number }): void {
    const row = this.rows.get(id) ?? this.row(id, file.name, file.size, false);
    row.size = file.size;
    setText(row.name, file.name);
    row.name.title = file.name;
    setText(row.amount, amount(file.size));
    row.bar.max = Math.max(file.size, 1);
    this.set(id, "receiving", 0);
  }

  /** It came whole: the engineer decides whether to keep it. */
  fetched(id: string, name: string, blob: Blob): void {
    const row = this.rows.get(id);
    if (!row) return;
    row.save.href = URL.createObjectURL(blob);
    row.save.download = name;
    show(row.save, true);
  }

  /** The host’s answer to an ask for a file. */
  answered(id: string, granted: boolean, why: string): void {
    const row = this.rows.get(id);
    if (row && !row.mine && !granted) this.set(id, why === "timeout" ? "timeout" : "denied", 0, why);
  }

  set(id: string, now: FileState, done: number, why = ""): void {
    const row = this.rows.get(id);
    if (!row || overStates.includes(row.now)) return;
    row.now = now;
    row.element.dataset.state = now;
    row.element.dataset.why = why;
    const over = overStates.includes(now);
    show(row.cancel, !over);
    show(row.again, now === "timeout");
    show(row.bar, !over);
    if (now === "asked" || now === "checking") row.bar.removeAttribute("value");
    else row.bar.value = done;
    const percent = row.size && (now === "sending" || now === "reading" || now === "receiving") ? ` ${Math.floor(100 * done / row.size)} %` : "";
    const word = now === "finished" && !row.mine ? "fFetched" : words[now];
    setText(row.state, (over && now !== "finished" && now !== "timeout" ? reason(why) : "") || t(word) + percent);
  }

  /** Frees what the page holds of files. */
  close(): void {
    for (const { save } of this.rows.values()) if (save.href) URL.revokeObjectURL(save.href);
  }

  get finished(): string[] {
    return [...this.rows.values()].filter((r) => r.now === "finished").map((r) => r.name.textContent!);
  }

  /** A file the technician has been asked for, and has not chosen yet. */
  asked(id: string): void {
    this.row(id, t("fetchName"), 0, false, () => this.actions.fetch());
    this.set(id, "asked", 0);
  }

  private row(id: string, name: string, size: number, mine: boolean, again?: () => void): Row {
    const state = h("span", { class: "muted" });
    const bar = h("progress", { max: String(Math.max(size, 1)), value: "0", "aria-label": name }) as HTMLProgressElement;
    const title = h("strong", { title: name }, name), size_ = h("span", { class: "muted" }, size ? amount(size) : "");
    const cancel = h("button", { class: "quiet small", type: "button", click: () => this.actions.cancel(id) }, t("cancel"));
    const repeat = h("button", { class: "again small", type: "button", hidden: true, click: () => {
      show(repeat, false); // this row is history, the new question has its own
      again?.();
    } }, t("askAgain"));
    const save = h("a", { class: "button small save", hidden: true }, t("saveFile")) as HTMLAnchorElement;
    const element = h("li", { class: "file", "data-id": id, "data-state": "reading", "data-to": mine ? "pc" : "us" },
      h("div", { class: "file-head" }, title, size_), bar,
      h("div", { class: "file-foot" }, state, cancel, repeat, save));
    this.list.prepend(element);
    const row: Row = { element, name: title, amount: size_, state, bar, cancel, again: repeat, save, size, now: "reading", mine };
    this.rows.set(id, row);
    show(this.element, true);
    return row;
  }
}
