// What the reader's roles let them do: the table of package cloud/rights, for
// what the page offers. The cloud asks again for each act; a test compares both.

import type { Staff } from "./api";
import { known } from "./strings";

export type Right = "see-devices" | "see-queue" | "help" | "hand-over" | "assign" | "end-own" | "end-any" | "read-own" | "read-record" | "read-cloud" | "message"
  | "registry" | "administer" | "export-person";

const table: Record<string, readonly Right[]> = {
  engineer: ["see-devices", "see-queue", "help", "hand-over", "end-own", "read-own", "message"],
  lead: ["see-devices", "see-queue", "help", "hand-over", "assign", "end-own", "end-any", "read-own", "read-record", "message"],
  auditor: ["see-devices", "see-queue", "read-own", "read-record", "read-cloud", "export-person"],
  administrator: ["see-devices", "read-own", "registry", "administer", "export-person"],
};

/** Whether somebody's roles allow something. Who has none is an engineer; a
 * role that is not known allows nothing. */
export function may(who: Staff, right: Right): boolean {
  const roles = who.roles?.length ? who.roles : ["engineer"];
  return roles.some((role) => known(table, role)?.includes(right));
}
