// Files of this session: what was offered and asked for, and what the buttons
// and the list say of it. The worker reads, sends and receives.

import { FilePanel } from "./filepanel";
import { Rail, newID } from "./rail";
import type { Key } from "./strings";
import type { FileState, Message, ToWorker } from "./wire";

export interface FileDeskPort {
  tell(m: ToWorker): void;
  rail(): Rail;
  /** Asks the technician for one; false while the link is lost. */
  ask(id: string): boolean;
  offered(): void;
  granted(what: Key): void;
}

export class FileDesk {
  readonly panel: FilePanel;

  constructor(private readonly port: FileDeskPort) {
    this.panel = new FilePanel({ cancel: (id) => this.cancel(id), again: (file) => this.send(file), fetch: () => port.rail().fetch() });
  }

  send(file: File): void {
    const id = newID();
    this.panel.add(id, file);
    this.port.rail().send.asked(id);
    this.port.tell({ do: "file", id, file });
    this.port.offered();
  }

  fetch(id: string): void {
    if (this.port.ask(id)) this.panel.asked(id);
    else this.port.rail().get.set("idle", "withdrawn");
  }

  cancel(id: string): void { this.port.tell({ do: "cancel-file", id }); }

  /** An answer to an ask for a file, or a file the technician offers unasked. */
  answer(m: Message): void {
    if (!m.id) return;
    if (m.granted && m.file) this.panel.incoming(m.id, m.file);
    else this.panel.answered(m.id, m.granted === true, m.why ?? "");
    const { get } = this.port.rail();
    if (m.id === get.id) get.answer(m);
  }

  /** What the host says of a file the worker may not know: none was chosen. */
  message(m: Message): void {
    if (!m.id || (m.state !== "failed" && m.state !== "refused")) return;
    this.panel.answered(m.id, false, m.why ?? "");
    const { get } = this.port.rail();
    if (m.id === get.id && get.busy) get.set("idle", m.why ?? "");
  }

  state(id: string, state: FileState, done: number, why = ""): void {
    this.panel.set(id, state, done, why);
    const { send, get } = this.port.rail(), button = id === send.id ? send : id === get.id ? get : null;
    switch (state) {
      case "sending": case "receiving": case "checking": case "paused":
        if (button && button.standing !== "granted") button.set("granted", "allowed");
        break;
      case "denied": case "timeout":
        button?.answer({ t: "answer", why: why || "denied" });
        break;
      case "finished":
        this.port.granted(button === get ? "fileGet" : "file");
        button?.set("idle");
        break;
      case "failed":
        button?.set("idle", why);
        break;
    }
  }
}
