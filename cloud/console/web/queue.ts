// The queue: who waits for help, who has taken it, and who is in session now.

import { Request, SignedOut } from "./api";
import { Case, May, act } from "./caseapi";
import { complain } from "./deskwords";
import { arrange, h, icon, setText } from "./dom";
import { severityChip, when } from "./feedrow";
import { keepFocus } from "./focus";
import { keep, kept } from "./kept";
import { plain } from "./plain";
import { Roving } from "./roving";
import { singleKeys } from "./shortcuts";
import { skeleton } from "./skeleton";
import { Key, t } from "./strings";

export interface QueuePort {
  join(r: Request): void;
  logs(r: Request): void;
  open(number: string): void;
  signedOut(): void;
}

interface Row { request: Request; case: Case | undefined }

/** How long a card that left keeps its place under the pointer, in ms. */
const heldFor = 4000;

const filter = "console.queue", sound = "console.sound";

export class Queue {
  readonly element: HTMLElement;
  private readonly list = h("div", { id: "waiting", class: "cards", "aria-live": "polite" });
  private readonly title = h("h1", { id: "waiting-title", tabindex: "-1" }, t("waitingTitle"));
  private readonly count = h("span", { class: "count", hidden: true });
  private readonly now = h("h2", { class: "queue-part" }, t("deskNow"));
  private readonly region = h("select", { class: "queue-region", "aria-label": t("deskRegion"), change: () => this.filtered() }) as HTMLSelectElement;
  private readonly type = h("select", { class: "queue-type", "aria-label": t("deskType"), change: () => this.filtered() }) as HTMLSelectElement;
  private readonly free = h("input", { type: "checkbox", id: "queue-free", change: () => this.filtered() }) as HTMLInputElement;
  private readonly rings = h("input", { type: "checkbox", id: "queue-sound", change: () => { keep(sound, this.rings.checked ? "on" : ""); if (this.rings.checked) ring(); } }) as HTMLInputElement;
  private readonly mine = h("section", { class: "queue-mine", "aria-labelledby": "queue-mine-title", hidden: true });
  private readonly roving = new Roving(this.list, ".lead");
  private readonly page = document.title;
  private rows: Row[] = [];
  private heard: Set<string> | null = null;
  private shown = "";
  /** The pointer is over the list: nothing may move under it. */
  private over = false;

  constructor(private readonly may: May, regions: string[], private readonly port: QueuePort) {
    const [was = "", kind = "", free = ""] = kept(filter).split("|");
    this.region.append(h("option", { value: "" }, t("deskAllRegions")), ...regions.map((r) => h("option", { value: r, selected: r === was }, r.toUpperCase())));
    this.region.hidden = regions.length < 2;
    this.types([kind], kind);
    this.free.checked = free === "free";
    this.rings.checked = kept(sound) === "on";
    this.element = h("section", { "aria-labelledby": "waiting-title" },
      h("header", { class: "section" }, this.title, this.count,
        h("div", { class: "queue-tools" }, this.region, this.type,
          h("label", { class: "check" }, this.free, h("span", {}, t("deskFree"))), h("label", { class: "check", title: t("deskSoundText") }, this.rings, h("span", {}, t("deskSound"))))), this.list, this.mine);
    this.list.append(...skeleton(2, "card"));
    this.list.addEventListener("pointerenter", () => { this.over = true; });
    this.list.addEventListener("pointerleave", () => { this.over = false; this.draw(); });
    this.list.addEventListener("keydown", (e) => this.key(e));
  }

  update(requests: Request[], cases: Case[]): void {
    const of = new Map(cases.map((c) => [c.request, c]));
    this.rows = requests.filter((r) => r.state !== "ended").map((request) => ({ request, case: of.get(request.id) }));
    const since = (r: Row): number => r.case?.sinceMs ?? r.request.sinceMs;
    this.rows.sort((a, b) => Number(b.request.state === "waiting") - Number(a.request.state === "waiting") || since(a) - since(b));
    const text = JSON.stringify([this.rows, cases]);
    if (text === this.shown) return;
    this.drawMine(cases.filter((c) => c.mine && c.state === "ended"));
    this.shown = text;
    this.types(this.rows.map((r) => r.request.type), this.type.value);
    const waiting = this.rows.filter((r) => r.request.state === "waiting" && !r.case?.holder);
    document.title = waiting.length ? `(${waiting.length}) ${this.page}` : this.page;
    if (this.heard && this.rings.checked && waiting.some((r) => !this.heard!.has(r.request.id))) ring();
    this.heard = new Set(waiting.map((r) => r.request.id));
    this.draw();
  }

  /** One's own cases that are over: for a note afterwards. */
  private drawMine(cases: Case[]): void {
    const was = document.activeElement?.closest<HTMLElement>(".queue-mine [data-id]")?.dataset.id;
    this.mine.hidden = !cases.length;
    this.mine.replaceChildren(h("h2", { id: "queue-mine-title", class: "queue-part" }, t("deskMine")), h("ul", { class: "case-lines" }, ...cases.map((c) => h("li", { "data-id": c.number },
      h("button", { class: "small open-case", type: "button", "aria-label": t("deskOpen", { number: c.number }), click: () => this.port.open(c.number) }, c.number),
      h("span", { class: "grow" }, plain(c.type), " ", h("span", { class: "muted mono" }, plain(c.serial))), c.ticket ? h("span", { class: "mono muted" }, plain(c.ticket, 60)) : null,
      h("span", { class: "muted" }, when(c.sinceMs))))));
    if (was) this.mine.querySelector<HTMLElement>(`[data-id="${CSS.escape(was)}"] button`)?.focus({ preventScroll: true });
  }

  private types(list: string[], chosen: string): void {
    const all = [...new Set([...list, chosen])].filter(Boolean).sort();
    if (all.join("|") === [...this.type.options].slice(1).map((o) => o.value).join("|") && this.type.options.length) return;
    this.type.replaceChildren(h("option", { value: "" }, t("deskAllTypes")), ...all.map((x) => h("option", { value: x, selected: x === chosen }, plain(x, 60))));
  }

  private filtered(): void {
    keep(filter, [this.region.value, this.type.value, this.free.checked ? "free" : ""].join("|"));
    this.draw();
  }

  private fits({ request: r, case: c }: Row): boolean {
    return (!this.region.value || r.region === this.region.value) && (!this.type.value || r.type === this.type.value) && (!this.free.checked || r.state === "waiting" && !c?.holder);
  }

  private draw(): void {
    if (!this.shown) return;
    const rows = this.rows.filter((r) => this.fits(r));
    const n = rows.filter((r) => r.request.state === "waiting").length;
    setText(this.count, String(n));
    this.count.hidden = n === 0;
    const old = new Map([...this.list.querySelectorAll<HTMLElement>(".request")].map((e) => [e.dataset.content, e]));
    const made = rows.map((r): [Row, HTMLElement] => [r, old.get(JSON.stringify(r)) ?? this.card(r)]);
    const waiting = made.filter(([r]) => r.request.state === "waiting").map(([, e]) => e), running = made.filter(([r]) => r.request.state !== "waiting").map(([, e]) => e);
    const nodes: Element[] = [...this.held(waiting), ...(running.length ? [this.now, ...running] : [])];
    const empty = h("div", { class: "empty" }, icon("shield"), ...(this.rows.length ? [h("strong", {}, t("deskNoneFit"))] : [h("strong", {}, t("waitingNone")), h("p", {}, t("waitingNoneText"))]));
    keepFocus(this.list, this.title, () => arrange(this.list, nodes.length ? nodes : [empty]));
    this.roving.refresh();
  }

  /** While the pointer is over the list a card that left keeps its place, so
   * that what is pressed is what was aimed at. */
  private held(cards: HTMLElement[]): HTMLElement[] {
    if (!this.over) return cards;
    const ids = new Set(this.rows.map((r) => r.request.state === "waiting" ? r.request.id : "")), out = [...cards];
    [...this.list.querySelectorAll<HTMLElement>(".request[data-state='waiting']")].forEach((e, at) => {
      if (ids.has(e.dataset.id!) || Number(e.dataset.gone ?? Infinity) < Date.now() - heldFor) return;
      if (!e.dataset.gone) {
        e.dataset.gone = String(Date.now());
        window.setTimeout(() => this.draw(), heldFor + 100);
        e.inert = true;
        e.style.height = `${e.offsetHeight}px`;
        e.querySelector(".request-acts")?.replaceChildren(h("span", { class: "chip" }, t("deskGone")));
      }
      out.splice(at, 0, e);
    });
    return out;
  }

  private key(e: KeyboardEvent): void {
    if (e.key.toLowerCase() !== "t" || e.ctrlKey || e.altKey || e.metaKey || e.repeat || !singleKeys()) return;
    const take = (e.target as Element).closest(".request")?.querySelector<HTMLButtonElement>(".take");
    if (!take) return;
    e.preventDefault();
    take.click();
  }

  private async take(c: Case, button: HTMLButtonElement): Promise<void> {
    if (button.classList.contains("busy")) return;
    button.classList.add("busy"); // not disabled: that would take the focus away
    try {
      await act(c.number, "take");
    } catch (error) {
      if (error instanceof SignedOut) return this.port.signedOut();
      complain(error);
    } finally {
      button.classList.remove("busy");
    }
  }

  private card(row: Row): HTMLElement {
    const { request: r, case: c } = row, waits = r.state === "waiting";
    const mine = c?.mine === true, free = waits && !c?.holder, joins = waits && (!c || this.may.help && (free || mine || c.invited === true));
    const take: HTMLButtonElement | null = c && free && this.may.help
      ? h("button", { class: "take lead", type: "button", "aria-label": t("deskTakeLabel", { number: c.number, type: plain(r.type), serial: plain(r.serial) }), "aria-keyshortcuts": "T", click: () => void this.take(c, take!) }, t("deskTake")) as HTMLButtonElement : null;
    const button = joins
      ? h("button", { class: `join primary${take ? "" : " lead"}`, type: "button", "aria-label": `${t("join")}: ${plain(r.type)} ${plain(r.serial)}`, click: () => this.port.join(r) }, t("join"))
      : waits ? null : h("span", { class: "chip violet" }, c?.engineer ? t("deskWith", { name: plain(c.engineer.name, 80) }) : t("inSession"));
    const file = c ? h("button", { class: `small open-case${joins ? "" : " lead"}`, type: "button", "aria-label": t("deskOpen", { number: c.number }), click: () => this.port.open(c.number) }, c.number) : null;
    return h("article", { class: "request card", "data-id": r.id, "data-case": c?.number, "data-state": r.state, "data-taken": c?.holder ? (mine ? "mine" : "other") : undefined, "data-content": JSON.stringify(row) },
      h("div", { class: "request-head" },
        h("div", { class: "grow" }, h("h2", {}, plain(r.type)), h("p", { class: "muted mono" }, plain(r.serial))),
        h("div", { class: "request-marks" },
          r.alarmCode ? h("span", { class: "chip attention" }, t("alarmCode", { code: plain(r.alarmCode, 60) })) : null,
          c?.severity ? severityChip(c.severity) : null,
          c?.holder && waits ? h("span", { class: mine ? "chip good" : "chip" }, mine ? t("deskYours") : t("deskTaken", { name: plain(c.holder.name, 80) })) : null,
          c?.invited && !mine ? h("span", { class: "chip note" }, t("deskInvited")) : null)),
      h("p", { class: "reason" }, plain(r.reason, 1000) || t("noReason")),
      this.brought(r),
      h("div", { class: "request-foot" },
        h("div", { class: "muted grow" }, h("span", { class: "person" }, plain(r.technician) || t("technician")),
          h("span", { class: "times" },
            c?.place ? h("span", {}, t("deskPlace", { n: c.place })) : null,
            c ? h("span", {}, r.region.toUpperCase()) : null,
            !waits && c?.begunMs ? h("span", { "data-running": String(c.begunMs) }) : h("span", { "data-since": String(c?.sinceMs ?? r.sinceMs) }),
            waits ? h("span", { "data-expires": String(r.expiresMs) }) : null,
            c?.ticket ? h("span", { class: "mono" }, plain(c.ticket, 60)) : null,
            c?.notes ? h("span", {}, c.notes === 1 ? t("deskNoteOne") : t("deskNoteCount", { n: c.notes })) : null)),
        h("div", { class: "request-acts" }, file, take, button)));
  }

  /** What came with a request: versions, and the logs the technician sent. */
  private brought(r: Request): HTMLElement | null {
    if (!r.version && !r.profile && !r.hasLogs) return null;
    const fact = (name: Key, value: string | undefined): HTMLElement | null => value ? h("span", {}, `${t(name)} `, h("span", { class: "mono" }, plain(value, 60))) : null;
    return h("div", { class: "brought muted" }, fact("reqVersion", r.version), fact("reqProfile", r.profile),
      /\bsample\b/i.test(r.profile ?? "") ? h("span", { class: "chip attention", title: t("sampleText") }, t("sample")) : null,
      r.hasLogs ? h("button", { class: "small logs", type: "button", "aria-label": `${t("logsAttached")}: ${plain(r.type)} ${plain(r.serial)}`, click: () => this.port.logs(r) }, icon("log"), t("logsAttached")) : null);
  }
}

let sounds: AudioContext | null = null;

/** Two short tones, not loud. A browser may want a press before the first. */
function ring(): void {
  try {
    sounds ??= new AudioContext();
    void sounds.resume();
    [660, 880].forEach((pitch, i) => {
      const at = sounds!.currentTime + i * 0.16, tone = sounds!.createOscillator(), loud = sounds!.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, at);
      loud.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.14);
      tone.connect(loud).connect(sounds!.destination);
      tone.start(at);
      tone.stop(at + 0.15);
    });
  } catch {
    // A desk without sound: the title counts.
  }
}
