// Acts that wait for a second person, and what became of earlier ones.

import { Act, confirmAct, rejectAct } from "./admin_api";
import { actAbout, actLines, actWhy, forGood, kindTitle, stateTitle } from "./actwords";
import { askDialog, reasonField } from "./askdialog";
import { arrange, h, icon } from "./dom";
import { when } from "./feedrow";
import { keepFocus } from "./focus";
import type { Places } from "./instruments_api";
import { plain } from "./plain";
import { Roving } from "./roving";
import { t } from "./strings";

export interface ActPort { decided(): void; signedOut(): void }

const tones: Record<string, string> = { done: "good", failed: "sev-high", rejected: "attention", expired: "", confirmed: "note" };

function facts(a: Act, places: Places | null): HTMLElement {
  return h("dl", { class: "facts act-lines" }, ...actLines(a, places).map(([name, value]) => h("div", { class: "fact" }, h("dt", {}, name), h("dd", {}, value))));
}

export class ActList {
  readonly waiting = h("ul", { id: "acts-waiting", class: "cards act-list", "aria-labelledby": "acts-waiting-title" });
  readonly history = h("div", { id: "acts-history", class: "event-list act-history" });
  readonly none = h("p", { class: "muted", id: "acts-none" }, t("admNothingWaits"));
  readonly noHistory = h("p", { class: "muted" }, t("admNoHistory"));
  private readonly roving = new Roving(this.history, "summary");
  private shown = "";

  /** rest has the focus when a card it was on is gone. */
  constructor(private readonly port: ActPort, private readonly rest: () => HTMLElement) {
    this.waiting.hidden = this.history.hidden = true;
  }

  update(list: Act[], places: Places | null): void {
    const content = JSON.stringify([list, places?.regions.flatMap((r) => r.sites.map((s) => [s.id, s.name]))]);
    if (content === this.shown) return;
    this.shown = content;
    const waits = list.filter((a) => a.state === "waiting"), over = list.filter((a) => a.state !== "waiting");
    const again = (parent: HTMLElement, items: Act[], make: (a: Act) => HTMLElement): void => {
      const old = new Map([...parent.children].map((e) => [(e as HTMLElement).dataset.content, e as HTMLElement]));
      arrange(parent, items.map((a) => {
        const key = JSON.stringify([a, actLines(a, places)]), kept = old.get(key);
        if (kept) return kept;
        const made = make(a);
        made.dataset.content = key;
        return made;
      }));
    };
    keepFocus(this.waiting, this.rest(), () => again(this.waiting, waits, (a) => this.card(a, places)));
    keepFocus(this.history, this.rest(), () => again(this.history, over, (a) => row(a, places)));
    this.waiting.hidden = !waits.length;
    this.none.hidden = waits.length > 0;
    this.history.hidden = !over.length;
    this.noHistory.hidden = over.length > 0;
    this.roving.refresh();
  }

  private card(a: Act, places: Places | null): HTMLElement {
    const decide = a.own
      ? [h("button", { class: "act-withdraw", type: "button", click: () => this.refuse(a, places) }, t("admWithdraw"))]
      : [h("button", { class: "act-refuse", type: "button", click: () => this.refuse(a, places) }, t("admRefuse")),
        h("button", { class: "act-confirm primary", type: "button", click: () => this.confirm(a, places) }, t("admConfirm"))];
    return h("li", { class: "card act", "data-id": a.id, "data-kind": a.kind, "data-own": a.own ? "true" : undefined },
      h("div", { class: "act-head" }, h("h3", { class: "grow" }, kindTitle(a.kind)),
        a.own ? h("span", { class: "chip note" }, t("admYours")) : null, a.region ? h("span", { class: "chip" }, a.region.toUpperCase()) : null,
        h("span", { class: "chip attention" }, t("admUntil", { time: when(a.expiresMs) }))),
      facts(a, places),
      h("p", { class: "act-by muted" }, t("admProposedBy", { name: plain(a.byName, 80), account: plain(a.by, 80), time: when(a.atMs) })),
      h("p", { class: "act-why" }, h("span", { class: "muted" }, t("admReasonIs")), " ", plain(a.reason, 300)),
      h("div", { class: "act-buttons" }, a.own ? h("p", { class: "help grow" }, icon("shield"), t("admSomebodyElse")) : h("span", { class: "grow" }), ...decide));
  }

  private confirm(a: Act, places: Places | null): void {
    const warns = forGood(a.kind);
    askDialog({
      id: "act-confirm-dialog", title: t("admConfirmTitle", { act: kindTitle(a.kind) }), button: t("admConfirmDo"), style: warns ? "stop" : "primary",
      text: [facts(a, places), h("p", { class: "act-why" }, h("span", { class: "muted" }, t("admReasonIs")), " ", plain(a.reason, 300)), ...(warns ? [h("p", { class: "error" }, warns)] : [])],
      act: () => confirmAct(a).then(() => undefined), done: () => this.port.decided(), signedOut: () => this.port.signedOut(),
    });
  }

  private refuse(a: Act, places: Places | null): void {
    const reason = reasonField("act-refuse-reason");
    askDialog({
      id: "act-refuse-dialog", title: t(a.own ? "admWithdrawTitle" : "admRefuseTitle", { act: kindTitle(a.kind) }), button: t(a.own ? "admWithdraw" : "admRefuse"), style: "primary",
      text: [facts(a, places)], fields: [reason.element],
      act: () => {
        const text = reason.value();
        return text ? rejectAct(a, text).then(() => undefined) : null;
      },
      done: () => this.port.decided(), signedOut: () => this.port.signedOut(),
    });
  }
}

function row(a: Act, places: Places | null): HTMLElement {
  const by = plain(a.byName, 80), other = plain(a.decided ?? "", 80);
  const who = !other ? t("admByOne", { name: by }) : t(a.state === "rejected" ? "admRefusedBy" : "admByTwo", { name: by, other });
  return h("details", { class: "event-row act-row", "data-id": a.id, "data-state": a.state },
    h("summary", {},
      h("span", { class: `chip sev ${tones[a.state] ?? ""}` }, stateTitle(a.state)),
      h("span", { class: "event-what" }, h("strong", {}, kindTitle(a.kind)), h("span", { class: "event-about muted" }, actAbout(a))),
      h("span", { class: "event-who" }, who), h("time", { class: "muted" }, when(a.decidedMs || a.atMs))),
    h("dl", { class: "event-facts" }, ...[...actLines(a, places), [t("admReason"), plain(a.reason, 300)], ...(actWhy(a) ? [[t("admWhy"), actWhy(a)]] : [])]
      .flatMap(([name, value]) => [h("dt", {}, name!), h("dd", {}, value!)])));
}
