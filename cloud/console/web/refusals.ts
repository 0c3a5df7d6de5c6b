// Why the cloud refused something, and what to do now: by its code, in the
// reader's language. What the cloud says with it is English, for scripts, and is
// never shown. A test holds the table against the codes of the cloud.

import { Refused } from "./api";
import { plain } from "./plain";
import { Key, known, t } from "./strings";

const refusals: Record<string, Key> = {
  // Anywhere.
  role: "admNoRole", "not-your-role": "admNoRole", network: "admNoNetwork", "too-often": "admNoTooOften", "too-large": "admNoInvalid", invalid: "admNoInvalid", internal: "admNoAnswer", cloud: "admNoCloud",
  "not-json": "refOld", method: "refOld", format: "refOld", query: "refQuery", host: "refForeign", origin: "refForeign", "not-started": "deskStart",
  "unknown-device": "admNoDevice", "unknown-row": "refNotThere", "no-logs": "logsFailed", "upload-scanning": "upScanning", "upload-refused": "upRefused", "upload-unavailable": "upUnavailable",
  // Acts that take two people, and the registry.
  "unknown-act": "admNoUnknownAct", "own-act": "admNoOwn", "act-changed": "admNoChanged", "act-expired": "admNoExpired", "act-region": "admNoRegion", "act-proposer": "admNoProposer", "act-reason": "admNoReason", "act-many": "admNoMany",
  "act-kind": "admNoKind", "act-params": "admNoParams", "act-failed": "refActFailed", retired: "admNoRetired", unknown: "admNoUnknown", "name-taken": "admNoNameTaken", "in-use": "admNoInUse",
  closed: "admNoClosed", "other-region": "admNoOtherRegion",
  // Cases.
  taken: "deskErrTaken", forbidden: "deskErrForbidden", over: "deskErrOver", "no-session": "deskErrSession", "in-session": "deskErrIn", "not-them": "deskErrThem", theirs: "deskErrTheirs", "not-taken": "refNotTaken",
  note: "deskErrNote", full: "deskErrFull", "not-yours": "deskErrNotYours", ticket: "deskErrTicket", "unknown-case": "deskErrUnknown", act: "refOld",
  // Messages to technicians.
  "text-link": "msgNoLink", "text-phone": "msgNoPhone", "text-characters": "msgNoCharacters", "text-too-long": "msgNoLong", "text-empty": "msgNoEmpty",
  message: "refMessage", nobody: "msgNobody", "not-trained": "msgNotYours", "sites-only": "refSitesOnly", target: "refTarget", hours: "refHours",
};

/** What a code of the cloud says; a code that is not known is named. */
export function codeText(code: string, other: Key): string {
  const key = known(refusals, code);
  return key ? t(key) : code ? t("refUnknown", { code: plain(code, 40) }) : t(other);
}

/** What to say of a failure; other where it was no refusal of the cloud's. */
export function refusalText(error: unknown, other: Key): string { return error instanceof Refused ? codeText(error.code, other) : t(other); }
