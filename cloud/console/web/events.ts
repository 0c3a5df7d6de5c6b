// One event of a session's record in words. Kinds and fields were chosen by a
// device: what is not known is shown as it came, as text.

import type { RecordEvent } from "./api";
import { reason } from "./capability";
import { Key, amount, endText, known, t } from "./strings";

export interface Line {
  text: string;
  tone: "good" | "bad" | "note" | "";
  /** What else the event says, by name. */
  rest: [string, string][];
}

type Fields = { [name: string]: string };
type Words = (f: Fields) => [text: string, tone: Line["tone"], used: string[]];

const capabilities: Record<string, Key> = { view: "view", control: "control", files: "capFile",
  "clipboard-to-pc": "capToPC", "clipboard-to-engineer": "capToMe", chat: "capChat", pointer: "capPointer" };
const durations: Record<string, Key> = { once: "dOnce", "15min": "d15", session: "dSession" };

function word(table: Record<string, Key>, name: string): string {
  const key = known(table, name);
  return key ? t(key) : name;
}

const cap = (f: Fields): string => word(capabilities, f.capability ?? "");
const why = (f: Fields, field: string): string => {
  const said = f[field] ?? "";
  return reason(said) || said;
};

const kinds: Record<string, Words> = {
  "code-issued": () => [t("evCodeIssued"), "", []],
  "wrong-code": (f) => [f.try ? t("evWrongCodeN", { n: f.try }) : t("evWrongCode"), "bad", ["try"]],
  "channel-refused": () => [t("evChannelRefused"), "bad", []],
  authenticated: () => [t("evAuthenticated"), "good", ["ticket", "reason"]],
  asked: (f) => [t("evAsked", { cap: cap(f) }), "note", ["capability", "ticket", "reason"]],
  answered: (f) => f.answer === "allowed"
    ? [f.duration ? t("evAllowedFor", { cap: cap(f), duration: word(durations, f.duration) }) : t("evAllowed", { cap: cap(f) }), "good", ["capability", "answer", "duration"]]
    : [t("evNot", { cap: cap(f), why: f.answer === "timeout" ? t("fTimeout") : why(f, "answer") }), "bad", ["capability", "answer", "duration"]],
  throttled: () => [t("evThrottled"), "bad", []],
  "lease-end": (f) => [t("evLeaseEnd", { cap: cap(f), why: why(f, "why") }), "", ["capability", "why"]],
  file: (f) => f.state === "finished"
    ? [t(f.direction === "to-engineer" ? "evFileSent" : "evFile", { size: amount(Number(f.size) || 0) }), "good", ["state", "size", "transfer", "direction"]]
    : [t("evFileFailed", { why: why(f, "why") || f.state || "" }), "bad", ["state", "why", "size", "transfer", "direction"]],
  "link-lost": () => [t("evLinkLost"), "", []],
  resumed: () => [t("evResumed"), "", []],
  ended: (f) => [endText(f.why ?? ""), "note", ["why", "by"]],
};

export function line(e: RecordEvent): Line {
  const fields = e.fields ?? {}, words = known(kinds, e.kind);
  const [text, tone, used] = words ? words(fields) : [e.kind, "" as const, []];
  return { text, tone, rest: Object.entries(fields).filter(([name]) => !used.includes(name)).sort(([a], [b]) => a < b ? -1 : 1) };
}
