// The log of events, as the cloud gives it to auditors and leads.

import { SignedOut } from "./api";

export interface EventLine {
  seq: number; time: string; atMs: number; kind: string; severity: number;
  region?: string; device?: string; request?: string; actor?: string; address?: string; fields?: Record<string, string>;
}

export interface EventPage { rows: EventLine[]; next?: string; kinds: string[]; regions: string[] }

export type EventFilter = Record<string, string>;

const path = "/api/v1/staff/events";

function query(filter: EventFilter): string {
  // A region that is named and empty is a filter: what belongs to no region.
  return new URLSearchParams(Object.entries(filter).filter(([name, value]) => value || name === "region")).toString();
}

export async function eventPage(filter: EventFilter): Promise<EventPage> {
  const answer = await fetch(`${path}?${query(filter)}`, { cache: "no-store" });
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw new Error(`events: ${answer.status}`);
  return await answer.json() as EventPage;
}

/** Where the file is that holds what a filter finds. */
export function exportAddress(filter: EventFilter, format: "csv" | "jsonl"): string {
  return `${path}/export?${query({ ...filter, format })}`;
}
