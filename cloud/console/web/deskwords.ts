// What the desk says of refusals, and where it says it: in a corner, so that
// nothing moves under a finger.

import type { CaseAct } from "./caseapi";
import { h, setText } from "./dom";
import { plain } from "./plain";
import { refusalText } from "./refusals";
import { Key, known, t } from "./strings";

export function refusal(error: unknown): string { return refusalText(error, "deskErrOther"); }

const corner = h("p", { id: "desk-says", class: "corner", role: "alert", hidden: true });
let gone = 0;

export function complain(error: unknown): void {
  if (!corner.isConnected) document.body.append(corner);
  setText(corner, refusal(error));
  corner.hidden = false;
  clearTimeout(gone);
  gone = window.setTimeout(() => { corner.hidden = true; }, 8000);
}

/** An act on a case's record, in words. */
export function actText(a: CaseAct): string {
  const names = { by: plain(a.by?.name ?? "", 80), to: plain(a.toName ?? "", 80) };
  const words: Record<string, Key> = { take: "deskActTake", "give-back": a.by ? "deskActBack" : "deskActBackSelf", "hand-over": "deskActOver", invite: "deskActInvite", ticket: "deskActTicket", end: "deskActEnd" };
  const key = known(words, a.act);
  return key ? t(key, names) : plain(a.act, 40);
}
