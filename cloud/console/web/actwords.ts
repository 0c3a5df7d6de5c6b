// Administrative acts in words: what kinds there are, what each line of one
// says, and what to do about a refusal.

import type { Act, ActLine, Training } from "./admin_api";
import type { Places } from "./instruments_api";
import { partName } from "./personwords";
import { plain } from "./plain";
import { codeText, refusalText } from "./refusals";
import { Key, known, language, t } from "./strings";

const titles: Record<string, Key> = {
  "device.retire": "admRetire", "device.release": "admRelease", "person.erase": "admErase", "staff.training": "admTraining", "staff.remove": "admRemove", "staff.restore": "admRestore",
};

export function kindTitle(kind: string): string {
  const key = known(titles, kind);
  return key ? t(key) : plain(kind, 40);
}

const states: Record<string, Key> = {
  waiting: "admWaits", confirmed: "admBeingDone", done: "admDone", failed: "admActFailed", rejected: "admRejected", expired: "admExpired",
};

export function stateTitle(state: string): string {
  const key = known(states, state);
  return key ? t(key) : plain(state, 40);
}

const names: Record<string, Key> = {
  instrument: "admLineInstrument", serial: "admLineSerial", device: "admLineDevice", site: "admLineSite", "register-at": "admLineRegisterAt", "erase-days": "admLineEraseDays",
  person: "admLinePerson", regions: "admLineRegions", instruments: "admLineInstruments", stays: "admLineStays",
  account: "admLineAccount", "training-now": "admLineTrainingNow", "training-then": "admLineTrainingThen", "sites-now": "admLineSitesNow", "sites-then": "admLineSitesThen", "account-now": "admLineAccountNow", "decided-in": "admLineDecidedIn",
};

const words: Record<string, Key> = { "as-signed-in": "admAsSignedIn", none: "admNoTraining", "every-site": "admEverySite", "may-sign-in": "admMaySignIn", removed: "admIsRemoved" };

/** The last day a training counts, in the reader's form. */
export function day(text: string): string {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T12:00:00Z`) : new Date(NaN);
  return Number.isNaN(at.getTime()) ? plain(text, 40) : at.toLocaleDateString(language, { dateStyle: "medium", timeZone: "UTC" });
}

/** The last day of a training that ends at a moment, as a date field has it. */
export function lastDay(untilMs: number): string { return new Date(untilMs - 1).toISOString().slice(0, 10); }

export function trainingText(list: readonly Training[]): string {
  return list.map((x) => x.untilMs ? t("admTrainedUntil", { region: plain(x.region, 20).toUpperCase(), day: day(lastDay(x.untilMs)) }) : t("admTrained", { region: plain(x.region, 20).toUpperCase() })).join(", ")
    || t("admNoTraining");
}

/** A site by its name where the reader may know it. */
export function siteName(id: string, places: Places | null): string {
  const site = places?.regions.flatMap((r) => r.sites).find((s) => s.id === id);
  return site ? plain(site.name) : plain(id, 80);
}

const some = (value: string): string[] => value.split(", ").filter(Boolean);

function valueText(line: ActLine, places: Places | null): string {
  const word = known(words, line.value);
  switch (line.name) {
    case "training-now": case "training-then":
      return word ? t(word) : some(line.value).map((part) => {
        const [region = "", until = ""] = part.split(" ");
        return until ? t("admTrainedUntil", { region: plain(region, 20).toUpperCase(), day: day(until) }) : t("admTrained", { region: plain(region, 20).toUpperCase() });
      }).join(", ");
    case "sites-now": case "sites-then": return word ? t(word) : some(line.value).map((id) => siteName(id, places)).join(", ");
    case "account-now": return word ? t(word) : plain(line.value);
    case "stays": return some(line.value).map(partName).join(", ");
    case "regions": case "decided-in": return some(line.value).map((r) => plain(r, 20).toUpperCase()).join(", ") || t("admNowhere");
    case "erase-days": return t("admDays", { n: plain(line.value, 10) });
    case "site": return plain(line.value) || t("insUnassigned");
    default: return plain(line.value, 300) || "–";
  }
}

/** What an act would do, line by line. */
export function actLines(a: Act, places: Places | null): [name: string, value: string][] {
  return (a.lines ?? []).map((line) => {
    const key = known(names, line.name);
    return [key ? t(key) : plain(line.name, 40), valueText(line, places)];
  });
}

/** In one line, whom or what it is about. */
export function actAbout(a: Act): string {
  const value = (name: string): string => plain((a.lines ?? []).find((l) => l.name === name)?.value ?? "", 80);
  return [value("instrument"), value("serial"), value("person"), value("account")].filter(Boolean).join(" ");
}

/** What a confirmed act changes, as a warning; "" where it can be undone. */
export function forGood(kind: string): string {
  const key = known<Key>({ "device.retire": "admRetireWarns", "device.release": "admReleaseWarns", "person.erase": "admEraseWarns" }, kind);
  return key ? t(key) : "";
}

/** Why the cloud refused something of these pages. */
export function refusedText(error: unknown): string { return refusalText(error, "admNoAnswer"); }

/** What came of an act that was rejected, in the words of who did, or failed. */
export function actWhy(a: Act): string {
  return a.state === "failed" ? codeText(a.whyCode ?? "", "refActFailed") : plain(a.why ?? "", 300);
}
