// The desk's paths and messages: internal/cloudapi/desk.go in Go.

import { SignedOut, Staff, read, refused } from "./api";
import { may } from "./roles";

export interface Person { account: string; name: string }

export interface Case {
  number: string; request: string; device: string; serial: string; type: string; region: string;
  state: string; sinceMs: number; place?: number; severity?: string;
  holder?: Person; takenMs?: number; mine?: boolean; invited?: boolean; guests?: Person[];
  engineer?: Person; begunMs?: number; ticket?: string; notes?: number;
}

export interface CaseNote { id: number; amends?: number; by: Person; atMs: number; text: string }

export interface CaseRequest { request: string; state: string; sinceMs: number; engineer?: Person; begunMs?: number; endedMs?: number; endedWhy?: string }

export interface CaseAct { act: string; by?: Person; to?: string; toName?: string; atMs: number }

export interface CaseFile extends Case { noteList: CaseNote[] | null; requests: CaseRequest[] | null; acts: CaseAct[] | null }

export interface DeviceCase { number: string; openedMs: number; holder?: Person; ticket?: string; notes?: number; requests: CaseRequest[] | null }

export interface DeviceHistory { cases: DeviceCase[] | null; versions: { version: string; sinceMs: number }[] | null; raised: { [severity: string]: number } | null }

export const casePaths = { file: "/api/v1/staff/case", colleagues: "/api/v1/staff/colleagues", history: "/api/v1/staff/history" };

export type Act = "take" | "give-back" | "hand-over" | "invite" | "note" | "ticket" | "end";

export async function caseFile(number: string): Promise<CaseFile> { return read<CaseFile>(casePaths.file, { case: number }); }

export async function colleagues(number: string): Promise<Person[]> { return await read<Person[] | null>(casePaths.colleagues, { case: number }) ?? []; }

export async function history(device: string): Promise<DeviceHistory> { return read<DeviceHistory>(casePaths.history, { device }); }

/** Does something on a case; the cloud decides whether one may. */
export async function act(number: string, what: Act, more: { to?: string; text?: string; note?: number } = {}): Promise<Case> {
  const answer = await fetch(casePaths.file, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ case: number, act: what, ...more }) });
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw await refused(answer);
  return await answer.json() as Case;
}

/** What the reader's roles let them do at the desk; the cloud asks again for each act. */
export interface May { queue: boolean; help: boolean; assign: boolean; message: boolean }

export function mayOf(who: Staff): May {
  return { queue: may(who, "see-queue"), help: may(who, "help"), assign: may(who, "assign"), message: may(who, "message") };
}
