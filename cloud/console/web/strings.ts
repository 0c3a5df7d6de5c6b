// The language of the page, and what is written the same way everywhere.

import { de as deBase } from "./de";
import { adminDe } from "./de_admin";
import { deskDe } from "./de_desk";
import { deEvents } from "./de_events";
import { instrumentsDe } from "./de_instruments";
import { saidDe } from "./de_said";
import { en as enBase } from "./en";
import { adminEn } from "./en_admin";
import { deskEn } from "./en_desk";
import { enEvents } from "./en_events";
import { instrumentsEn } from "./en_instruments";
import { saidEn } from "./en_said";

const en = { ...enBase, ...deskEn, ...enEvents, ...instrumentsEn, ...adminEn, ...saidEn };
const de: Record<Key, string> = { ...deBase, ...deskDe, ...deEvents, ...instrumentsDe, ...adminDe, ...saidDe };

export type Key = keyof typeof en;

export const language: "en" | "de" = navigator.language.toLowerCase().startsWith("de") ? "de" : "en";
const catalogue: Record<Key, string> = language === "de" ? de : en;

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return catalogue[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

const ends: Record<string, Key> = {
  technician: "endTechnician", engineer: "endEngineer", "kill-key": "endKillKey", "bar-lost": "endBar", "bar-missing": "endBar",
  "code-burnt": "endBurnt", expired: "endExpired", "code-expired": "endExpired", identity: "endIdentity",
  "turned-away": "endTurnedAway", refused: "endRefused", "no-request": "endRefused", cancelled: "endCancelled", tray: "endTray",
  "service-stopped": "endStopped", "service-lost": "endStopped",
  "signed-out": "endSignedOut", unreachable: "endUnreachable", "not-resumable": "endNotResumed", "no-session": "endNotResumed",
  locked: "endLocked", "link-lost": "endLost", policy: "endPolicy", "not-allowed": "endNotAllowed", "network-unplugged": "endNetwork",
  "session-running": "endRunning", silent: "endSilent", "helper-lost": "endHelper", "tray-lost": "endHelper",
  protocol: "endProtocol", "desk-gone": "endDesk", vendor: "endVendor",
};

/** Looks a word up that another program chose; nothing but the table's own. */
export function known<T>(table: Record<string, T>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

/** What to say about the end of a session. */
export function endText(why: string): string {
  const key = known(ends, why);
  return key ? t(key) : t("endOther", { why });
}

/** A time span for people; coarse on purpose. */
export function span(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  if (s < 60) return t("seconds", { n: s });
  if (s < 60 * 90) return t("minutes", { n: Math.ceil(s / 60) });
  return t("hours", { n: Math.round(s / 3600) });
}

/** A countdown: minutes and seconds. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

/** When something happened today: hours and minutes. */
export function timeOfDay(at: Date): string {
  return at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** An amount of bytes for people. */
export function amount(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let i = 0, v = bytes;
  while (v >= 1000 && i < 3) {
    v /= 1000;
    i++;
  }
  return `${v.toLocaleString(language, { maximumFractionDigits: v < 10 && i ? 1 : 0 })} ${units[i]}`;
}
