// The row on top of every page but the session's: where one is, who one is, how
// it looks.

import type { Staff } from "./api";
import { byId, h, icon, setText, show } from "./dom";
import { Look, choose, chosen, looks, remember } from "./looks";
import { plain } from "./plain";
import { may } from "./roles";
import { Key, t } from "./strings";

export type Place = "home" | "feed" | "messages" | "record" | "events" | "instruments" | "admin";

/** In the order they stand, which is that of their keys 1 to 7. */
export const places: readonly [id: string, place: Place, text: Key][] = [
  ["nav-help", "home", "waitingTitle"], ["nav-feed", "feed", "feedTitle"], ["nav-messages", "messages", "msgTitle"], ["my-sessions", "record", "mySessions"],
  ["nav-events", "events", "evTitle"],
  ["nav-instruments", "instruments", "insTitle"], ["nav-admin", "admin", "admTitle"],
];

export interface HeaderPort {
  go(place: Place): void;
  help(): void;
  signOut(): void;
}

export class Header {
  constructor(port: HeaderPort) {
    setText(byId("brand-sub"), t("console"));
    setText(byId("sign-out"), t("signOut"));
    byId("sign-out").addEventListener("click", () => port.signOut());
    for (const [id, place, text] of places) {
      setText(byId(id), t(text));
      byId(id).addEventListener("click", () => port.go(place));
    }
    byId("nav").setAttribute("aria-label", t("navLabel"));
    const look = byId<HTMLSelectElement>("look");
    look.setAttribute("aria-label", t("lookLabel"));
    look.append(...looks.map(([value, text]) => h("option", { value, selected: value === chosen() }, t(text))));
    look.addEventListener("change", () => choose(look.value as Look));
    window.addEventListener("storage", () => { look.value = chosen(); });
    const help = byId("page-help");
    help.append(icon("help"));
    help.setAttribute("aria-label", t("scTitle"));
    help.setAttribute("title", t("scTitle"));
    help.addEventListener("click", () => port.help());
    const skip = byId("skip");
    setText(skip, t("skip"));
    skip.addEventListener("click", (e) => {
      e.preventDefault(); // the address stays as it is
      const content = byId("content");
      content.tabIndex = -1;
      content.focus();
    });
    show(byId("tools"), true);
  }

  signedIn(who: Staff | null): void {
    show(byId("account"), who !== null);
    remember(who !== null);
    if (!who) return show(byId("live"), false);
    // What a role does not show is not offered; the cloud refuses it as well.
    setText(byId("nav-help"), t(may(who, "see-queue") ? "waitingTitle" : "admOverview"));
    show(byId("nav"), may(who, "see-devices"));
    show(byId("nav-messages"), may(who, "message"));
    show(byId("nav-events"), may(who, "read-record"));
    show(byId("nav-admin"), may(who, "administer") || may(who, "export-person"));
    setText(byId("who"), plain(who.name, 80));
    setText(byId("organisation"), plain(who.organisation, 80));
  }

  live(up: boolean): void {
    show(byId("live"), true);
    byId("live").dataset.up = String(up);
    setText(byId("live-text"), up ? t("liveOn") : t("liveOff"));
    byId("live").title = up ? "" : t("liveOffText");
  }

  at(phase: string): void {
    for (const [id, place] of places) {
      if (place === phase) byId(id).setAttribute("aria-current", "page");
      else byId(id).removeAttribute("aria-current");
    }
  }
}
