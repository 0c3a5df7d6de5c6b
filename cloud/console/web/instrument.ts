// One instrument of the registry: how it stands, what became of it, and what an
// administrator may do about it.

import { SignedOut, presence } from "./api";
import { h, icon, setText } from "./dom";
import { when } from "./feedrow";
import { marks } from "./instruments";
import { History, InstrumentDetail, Places, allPlaces, instrument, send } from "./instruments_api";
import { plain } from "./plain";
import { timeline } from "./presence";
import { refusalText } from "./refusals";
import { skeleton } from "./skeleton";
import { Key, known, language, t } from "./strings";

const kinds: Record<string, Key> = {
  site: "hisSite", region: "hisRegion", version: "hisVersion", confirmed: "hisConfirmed", retired: "hisRetired", moved: "hisMoved", erased: "hisErased", "token-key": "hisKey", note: "insNote",
};
const identities: Record<string, Key> = {
  registered: "idRegistered", updated: "idUpdated", copied: "idCopied", revoked: "idRevoked", restored: "idRestored", replaced: "idReplaced", "log-began": "idLog", retired: "hisRetired", moved: "hisMoved",
};

export class InstrumentPage {
  readonly element: HTMLElement;
  private readonly back: HTMLButtonElement;
  private readonly body = h("div", { class: "instrument-body" }, ...skeleton(3, "card"));
  private readonly said = h("p", { id: "instrument-said", class: "feed-status muted", role: "status" });
  private closed = false;

  constructor(private readonly id: string, back: () => void, private readonly signedOut: () => void) {
    this.back = h("button", { id: "instrument-back", class: "quiet", type: "button", click: back }, t("back")) as HTMLButtonElement;
    this.element = h("main", { class: "page", id: "content", "data-instrument": id },
      h("header", { class: "page-head" }, h("span", { class: "page-icon" }, icon("screen")), h("div", { class: "grow" }, h("h1", {}, t("insTitle"))), this.back), this.said, this.body);
    void this.load();
  }

  focus(): void { this.back.focus(); }
  close(): void { this.closed = true; }

  typed(): boolean { return [...this.element.querySelectorAll<HTMLInputElement>("input[type='text']")].some((f) => f.value !== ""); }

  private async load(): Promise<void> {
    try {
      const [d, places, changes] = await Promise.all([instrument(this.id), allPlaces(), presence(this.id)]);
      if (this.closed) return;
      this.draw(d, places, timeline(changes));
    } catch (error) {
      this.failed(error, "insDetailFailed");
    }
  }

  private failed(error: unknown, key: Key): void {
    if (this.closed) return;
    if (error instanceof SignedOut) return this.signedOut();
    setText(this.said, refusalText(error, key));
    this.element.dataset.state = "failed";
  }

  private draw(d: InstrumentDetail, places: Places, line: HTMLElement): void {
    const i = d.instrument;
    this.element.querySelector("h1")!.replaceChildren(plain(i.type), " ", h("span", { class: "muted mono" }, plain(i.serial)));
    const fact = (name: Key, value: string | undefined): HTMLElement[] => value ? [h("div", { class: "fact" }, h("dt", {}, t(name)), h("dd", {}, plain(value, 300)))] : [];
    const asked = d.askedMs ? t("insAsked", { time: when(d.askedMs) }) : t("insNotYet");
    const section = (id: string, title: Key, ...inside: (HTMLElement | null)[]): HTMLElement =>
      h("section", { class: "card detail", "aria-labelledby": id }, h("h2", { id }, t(title)), ...inside);
    this.body.replaceChildren(
      h("div", { class: "device-grid" },
        h("section", { class: "card detail", "aria-label": t("sumDevice") },
          h("p", { class: "device-state" }, h("span", { class: i.online ? "dot on" : "dot", "aria-hidden": "true" }), i.online ? t("online") : t("offline"), ...marks(i)),
          h("dl", { class: "facts" }, ...fact("insSite", i.siteName || t("insUnassigned")), ...fact("recRegion", i.region.toUpperCase()), ...fact("insGroups", d.groups.map((g) => g.name).join(", ")),
            ...fact("insVersion", i.status.version && t("insSince", { version: `${i.status.version} ${i.channel ?? ""}`.trim(), time: when(i.versionMs ?? 0) })),
            ...fact("devPerson", i.name), ...fact("insEmail", d.email), ...fact("insRegistered", when(i.registeredMs)), ...fact("insConfirmed", i.confirmedMs ? when(i.confirmedMs) : asked),
            ...fact("insMovedTo", i.movedTo), ...fact("recDevice", i.id))),
        section("instrument-presence", "presenceTitle", line)),
      h("div", { class: "device-grid" }, section("instrument-acts", "insNote", ...this.acts(d, places)), section("instrument-history", "insHistory", history(d.history, kinds))),
      h("div", { class: "device-grid" }, section("instrument-identity", "insIdentity", history(d.identity, identities)), section("instrument-sessions", "insSessions", d.sessions.length
        ? h("ul", { class: "breaks" }, ...d.sessions.map((s) => h("li", {}, h("span", { class: "grow" }, `${when(s.fromMs)} – ${when(s.toMs)}`), h("span", { class: "muted" }, t("insLines", { n: s.events })))))
        : h("p", { class: "muted" }, t("insNothing")))));
    this.element.dataset.state = "shown";
  }

  /** What may be done: a note by everybody, the rest by administrators. */
  private acts(d: InstrumentDetail, places: Places): HTMLElement[] {
    const device = this.id, i = d.instrument;
    const note = h("input", { id: "instrument-note", type: "text", maxlength: "1000", "aria-label": t("insNoteText"), placeholder: t("insNoteText") }) as HTMLInputElement;
    const list = [line(note, h("button", { id: "instrument-add", type: "button", click: () => void this.do("instruments/note", { device, text: note.value.trim() }, "insDone") }, t("insAddNote")))];
    if (!places.write || i.retiredMs) return list;
    const site = h("select", { id: "instrument-move-to", "aria-label": t("insMoveTo") }, h("option", { value: "" }, t("insUnassigned")),
      ...places.regions.filter((r) => r.region === i.region).flatMap((r) => r.sites).filter((s) => !s.closedMs).map((s) => h("option", { value: s.id, selected: s.id === i.site }, plain(s.name)))) as HTMLSelectElement;
    list.push(line(site, h("button", { id: "instrument-move", type: "button", click: () => void this.do("instruments/move", { devices: [device], site: site.value }, "insDone") }, t("insMove"))));
    if (!i.confirmedMs) list.push(h("p", {}, h("button", { id: "instrument-ask", type: "button", click: () => void this.do("instruments/ask", { device }, "insAskDone") }, icon("send"), t("insAsk"))));
    const reason = h("input", { id: "instrument-reason", type: "text", maxlength: "300", "aria-label": t("insReason"), placeholder: t("insReason") }) as HTMLInputElement;
    list.push(h("p", { class: "muted" }, t("insRetireText")),
      line(reason, h("button", { id: "instrument-retire", type: "button", click: () => void this.do("acts", { kind: "device.retire", params: { device }, reason: reason.value.trim() }, "insRetireDone") }, t("insRetire"))));
    return list;
  }

  private async do(path: Parameters<typeof send>[0], body: object, done: Key): Promise<void> {
    try {
      await send(path, body);
      if (this.closed) return;
      await this.load();
      setText(this.said, t(done));
    } catch (error) {
      this.failed(error, "insDetailFailed");
    }
  }
}

const line = (...inside: HTMLElement[]): HTMLElement => h("div", { class: "instrument-line" }, ...inside);

/** What the cloud itself put on record, in words; a person's words as they are. */
const reasons: Record<string, Key> = { "two-pcs": "idTwoPCs", "two-services": "idTwoServices" };

function said(kind: string, text: string): string {
  const ended = kind === "log-began" ? /^(\S+) (\d+)$/.exec(text) : null, key = kind === "copied" ? known(reasons, text) : undefined;
  return ended ? t("idLogEnded", { log: plain(ended[1]!), entries: Number(ended[2]).toLocaleString(language) }) : key ? t(key) : plain(text, 1000);
}

function history(list: History[], texts: Record<string, Key>): HTMLElement {
  if (!list.length) return h("p", { class: "muted" }, t("insNothing"));
  return h("ul", { class: "breaks" }, ...list.map((e) => {
    const key = e.kind === "group" ? e.to ? "hisGroupIn" : "hisGroupOut" : known(texts, e.kind);
    const text = key ? t(key, { from: plain(e.from ?? "") || t("hisNobody"), to: plain(e.to ?? "") || t("hisNobody") }) : plain(e.kind, 40);
    return h("li", {}, h("span", { class: "grow" }, h("span", {}, text), e.text ? h("span", { class: "history-text" }, said(e.kind, e.text)) : null, e.by ? h("span", { class: "muted history-text" }, plain(e.by)) : null),
      h("time", { class: "muted" }, when(e.atMs)));
  }));
}
