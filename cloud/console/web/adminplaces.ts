// Regions, sites and groups: made, renamed, closed; instruments moved. A region
// is data of its own and comes with the deployment; it cannot be made here.

import { changeGroup, changeSite, moveDevice } from "./admin_api";
import { refusedText } from "./actwords";
import { SignedOut } from "./api";
import { askDialog, reasonField } from "./askdialog";
import { h, setText, show } from "./dom";
import type { Group, Places, Site } from "./instruments_api";
import { DevicePicker } from "./pickdevice";
import { plain } from "./plain";
import { t } from "./strings";

export interface PlacesPort { changed(): void; signedOut(): void }

const maxLines = 6;

export class PlacesPart {
  readonly element: HTMLElement;
  private readonly body = h("div", { class: "stack places" });
  private readonly picker: DevicePicker;
  private readonly to = h("select", { id: "move-to" });
  private readonly reason = h("input", { id: "move-reason", type: "text", maxlength: "300", autocomplete: "off" });
  private readonly said = h("p", { id: "move-said", class: "feed-status muted", role: "status" });
  private readonly error = h("p", { id: "move-error", class: "error", role: "alert", hidden: true });
  private shown = "";

  constructor(private readonly port: PlacesPort) {
    this.picker = new DevicePicker("move", port.signedOut);
    this.element = h("section", { class: "stack places-part" }, h("p", { class: "muted" }, t("admPlacesText")), this.body,
      h("form", { id: "move-form", class: "card detail", novalidate: true, submit: (e: Event) => { e.preventDefault(); void this.move(); } },
        h("h2", {}, t("admMoveTitle")), h("p", { class: "help" }, t("admMoveText")), this.picker.element,
        h("div", { class: "field-row" }, h("label", { class: "field" }, h("span", {}, t("admWhereTo")), this.to), h("label", { class: "field" }, h("span", {}, t("admReasonMaybe")), this.reason)),
        this.error, h("div", { class: "actions" }, this.said, h("button", { id: "move-do", class: "primary", type: "submit" }, t("admMoveDo")))));
  }

  close(): void { this.picker.close(); }

  update(p: Places): void {
    const content = JSON.stringify([p.regions, p.groups]);
    if (content === this.shown) return;
    this.shown = content;
    const at = document.activeElement?.id, inside = this.body.contains(document.activeElement);
    this.body.replaceChildren(...p.regions.map((r) => this.region(r, p.groups.filter((g) => g.region === r.region))));
    if (!p.regions.length) this.body.append(h("p", { class: "muted" }, t("admNoRegions")));
    if (inside && at) this.body.querySelector<HTMLElement>(`#${CSS.escape(at)}`)?.focus({ preventScroll: true });
    const chosen = this.to.value;
    this.to.replaceChildren(h("option", { value: "" }, t("admChoose")), h("option", { value: "site:" }, t("insUnassigned")),
      ...p.regions.flatMap((r) => r.sites.filter((s) => !s.closedMs).map((s) => h("option", { value: `site:${s.id}` }, t("admToSite", { name: plain(s.name), region: r.region.toUpperCase() })))),
      ...p.groups.flatMap((g) => [h("option", { value: `in:${g.id}` }, t("admIntoGroup", { name: plain(g.name), region: g.region.toUpperCase() })),
        h("option", { value: `out:${g.id}` }, t("admOutOfGroup", { name: plain(g.name), region: g.region.toUpperCase() }))]));
    this.to.value = chosen;
    if (this.to.selectedIndex < 0) this.to.value = "";
  }

  private region(r: Places["regions"][number], groups: Group[]): HTMLElement {
    const id = `places-${r.region}`;
    return h("section", { class: "card detail", "data-region": r.region, "aria-labelledby": id },
      h("div", { class: "act-head" }, h("h2", { id, class: "grow" }, t("admRegion", { region: r.region.toUpperCase() })),
        h("span", { class: "muted" }, t("admRegionCount", { n: r.devices, unassigned: r.unassigned }))),
      h("div", { class: "act-head" }, h("h3", { class: "grow" }, t("admSites")), h("button", { id: `site-new-${r.region}`, class: "small", type: "button", click: () => this.site(null, r.region) }, t("admNewSite"))),
      r.sites.length ? h("ul", { class: "place-list" }, ...r.sites.map((s) => this.siteRow(s))) : h("p", { class: "muted" }, t("admNoSites")),
      h("div", { class: "act-head" }, h("h3", { class: "grow" }, t("admGroups")), h("button", { id: `group-new-${r.region}`, class: "small", type: "button", click: () => this.group(null, r.region) }, t("admNewGroup"))),
      groups.length ? h("ul", { class: "place-list" }, ...groups.map((g) => this.groupRow(g))) : h("p", { class: "muted" }, t("admNoGroups")));
  }

  private siteRow(s: Site): HTMLElement {
    const name = plain(s.name);
    return h("li", { class: "place-row", "data-id": s.id },
      h("div", { class: "grow" }, h("strong", {}, name), s.closedMs ? h("span", { class: "chip" }, t("admClosed")) : null,
        s.address?.length ? h("p", { class: "line muted" }, s.address.map((x) => plain(x)).join(", ")) : null,
        h("p", { class: "line muted" }, t("admSiteCount", { n: s.devices, online: s.online }))),
      ...(s.closedMs ? [] : [
        h("button", { id: `edit-${s.id}`, class: "small", type: "button", "aria-label": `${t("admRename")}: ${name}`, click: () => this.site(s, s.region) }, t("admRename")),
        h("button", { id: `close-${s.id}`, class: "small", type: "button", "aria-label": `${t("admClose")}: ${name}`, click: () => this.shut(s) }, t("admClose"))]));
  }

  private groupRow(g: Group): HTMLElement {
    const name = plain(g.name);
    return h("li", { class: "place-row", "data-id": g.id },
      h("div", { class: "grow" }, h("strong", {}, name), h("p", { class: "line muted" }, t("admGroupCount", { n: g.devices }))),
      h("button", { id: `edit-${g.id}`, class: "small", type: "button", "aria-label": `${t("admRename")}: ${name}`, click: () => this.group(g, g.region) }, t("admRename")),
      h("button", { id: `close-${g.id}`, class: "small", type: "button", "aria-label": `${t("admDelete")}: ${name}`, click: () => this.drop(g) }, t("admDelete")));
  }

  /** Makes a site, or changes one. */
  private site(s: Site | null, region: string): void {
    const name = reasonField("site-name", t("admName"));
    name.input.maxLength = 100;
    name.input.value = s?.name ?? "";
    const address = h("textarea", { id: "site-address", rows: "4" });
    address.value = (s?.address ?? []).join("\n");
    this.ask("site-dialog", s ? t("admSiteChange") : t("admSiteNew", { region: region.toUpperCase() }), [],
      [name.element, h("label", { class: "field" }, h("span", {}, t("admAddress", { n: maxLines })), address)], t("admSave"), "primary", () => {
        const text = name.value(), lines = address.value.split("\n").map((x) => x.trim()).filter(Boolean);
        return text ? changeSite({ ...(s ? { id: s.id } : { region }), name: text, address: lines }) : null;
      });
  }

  private shut(s: Site): void {
    this.ask("site-close-dialog", t("admCloseTitle", { name: plain(s.name) }), [h("p", {}, t("admCloseText"))], [], t("admClose"), "stop",
      () => changeSite({ id: s.id, name: s.name, address: s.address ?? [], close: true }));
  }

  private group(g: Group | null, region: string): void {
    const name = reasonField("group-name", t("admName"));
    name.input.maxLength = 100;
    name.input.value = g?.name ?? "";
    this.ask("group-dialog", g ? t("admGroupChange") : t("admGroupNew", { region: region.toUpperCase() }), [], [name.element], t("admSave"), "primary", () => {
      const text = name.value();
      return text ? changeGroup({ ...(g ? { id: g.id } : { region }), name: text }) : null;
    });
  }

  private drop(g: Group): void {
    this.ask("group-delete-dialog", t("admDeleteTitle", { name: plain(g.name) }), [h("p", {}, t("admDeleteText"))], [], t("admDelete"), "stop", () => changeGroup({ id: g.id, delete: true }));
  }

  private ask(id: string, title: string, text: HTMLElement[], fields: HTMLElement[], button: string, style: "primary" | "stop", act: () => Promise<void> | null): void {
    askDialog({ id, title, text, fields, button, style, act, done: () => this.port.changed(), signedOut: () => this.port.signedOut() });
  }

  private async move(): Promise<void> {
    show(this.error, false);
    setText(this.said, "");
    const device = this.picker.value, [what, ...rest] = this.to.value.split(":"), id = rest.join(":");
    if (!device || !what) {
      setText(this.error, t(device ? "admNoPlaceChosen" : "admNoDeviceChosen"));
      show(this.error, true);
      return (device ? this.to : this.picker.find).focus();
    }
    try {
      if (what === "site") await moveDevice(device, id, this.reason.value.trim());
      else await changeGroup(what === "in" ? { id, add: [device] } : { id, remove: [device] });
      this.reason.value = "";
      setText(this.said, t("insDone"));
      this.picker.refresh();
      this.port.changed();
    } catch (error) {
      if (error instanceof SignedOut) return this.port.signedOut();
      setText(this.error, refusedText(error));
      show(this.error, true);
    }
  }

  typed(): boolean { return this.reason.value !== "" || this.picker.find.value !== ""; }
}
