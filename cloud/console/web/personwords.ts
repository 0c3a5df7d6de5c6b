// What each part of the cloud keeps about a person, what for, and what an erasure
// does with it: by the part's name, in the reader's language.

import { plain } from "./plain";
import { Key, known, t } from "./strings";

interface Part { name: Key; purpose: Key; erasure: Key }

const parts: Record<string, Part> = {
  devices: { name: "admPartDevices", purpose: "purDevices", erasure: "eraDevices" },
  requests: { name: "admPartRequests", purpose: "purRequests", erasure: "eraOverwritten" },
  help_logs: { name: "admPartHelpLogs", purpose: "purHelpLogs", erasure: "eraDeleted" },
  session_events: { name: "admPartSessionEvents", purpose: "purSessionEvents", erasure: "eraAccess" },
  identity_record: { name: "admPartIdentity", purpose: "purIdentity", erasure: "eraIdentity" },
  device_history: { name: "admPartHistory", purpose: "purHistory", erasure: "eraHistory" },
  staff_sessions: { name: "admPartStaffSessions", purpose: "purStaffSessions", erasure: "eraSignedOut" },
  staff_people: { name: "admPartStaffPeople", purpose: "purStaffPeople", erasure: "eraStaffPeople" },
  staff_waiting: { name: "admPartStaffWaiting", purpose: "purStaffWaiting", erasure: "eraDeleted" },
  acts: { name: "admPartActs", purpose: "purActs", erasure: "eraAccess" },
  mails: { name: "admPartMails", purpose: "purMails", erasure: "eraDeleted" },
  certificates: { name: "admPartCertificates", purpose: "purCertificates", erasure: "eraAccess" },
  accesses: { name: "admPartAccesses", purpose: "purAccesses", erasure: "eraAccess" },
  messages: { name: "admPartMessages", purpose: "purMessages", erasure: "eraMessages" },
  cases: { name: "admPartCases", purpose: "purCases", erasure: "eraService" },
  case_requests: { name: "admPartCaseRequests", purpose: "purCaseRequests", erasure: "eraAccess" },
  case_guests: { name: "admPartCaseGuests", purpose: "purCaseGuests", erasure: "eraDeleted" },
  case_notes: { name: "admPartCaseNotes", purpose: "purCaseNotes", erasure: "eraService" },
  case_acts: { name: "admPartCaseActs", purpose: "purCaseActs", erasure: "eraAccess" },
  colleagues: { name: "admPartColleagues", purpose: "purColleagues", erasure: "eraColleagues" },
  events: { name: "admPartEvents", purpose: "purEvents", erasure: "eraEvents" },
};

export function partName(name: string): string {
  const part = known(parts, name);
  return part ? t(part.name) : plain(name, 60);
}

/** In words of the page; a part that it does not know says so. */
export function partPurpose(name: string): string { return t(known(parts, name)?.purpose ?? "purUnknown"); }
export function partErasure(name: string): string { return t(known(parts, name)?.erasure ?? "eraUnknown"); }
