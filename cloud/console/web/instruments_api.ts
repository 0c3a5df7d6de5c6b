// The registry's paths that the page uses: internal/cloudapi/registry.go in Go.

import { Device, SignedOut, refused } from "./api";

export interface Instrument extends Device {
  site?: string; siteName?: string; channel?: string; versionMs?: number; registeredMs: number; confirmedMs?: number; retiredMs?: number; movedTo?: string;
}

export interface InstrumentPage { rows: Instrument[] | null; next?: string; total: number }

export interface Site { id: string; region: string; name: string; address?: string[]; closedMs?: number; devices: number; online: number }

export interface Group { id: string; region: string; name: string; devices: number }

export interface Places {
  regions: { region: string; devices: number; unassigned: number; sites: Site[] }[]; groups: Group[];
  versions: { version: string; channel: string; devices: number; online: number }[]; states: { [state: string]: number }; write: boolean;
}

export interface History { kind: string; by?: string; from?: string; to?: string; text?: string; atMs: number }

export interface InstrumentDetail {
  instrument: Instrument; email: string; askedMs?: number; groups: Group[]; history: History[]; identity: History[];
  sessions: { request: string; fromMs: number; toMs: number; events: number }[];
}

export type InstrumentQuery = { region?: string; site?: string; group?: string; state?: string; version?: string; text?: string; after?: string };

const base = "/api/v1/staff/";

/** Asks the cloud; refusals come as Refused, with the cloud's code. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(base + path, { cache: "no-store", ...init });
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw await refused(answer);
  return answer;
}

function search(query: Record<string, string | undefined>): string {
  const list = Object.entries(query).flatMap(([name, value]) => value ? [`${name}=${encodeURIComponent(value)}`] : []);
  return list.length ? `?${list.join("&")}` : "";
}

export async function instruments(query: InstrumentQuery): Promise<InstrumentPage> {
  return await (await ask(`instruments${search(query)}`)).json() as InstrumentPage;
}

/** The whole list as a table for a spreadsheet. */
export async function instrumentsCSV(query: InstrumentQuery): Promise<Blob> { return (await ask(`instruments.csv${search(query)}`)).blob(); }

export async function instrument(device: string): Promise<InstrumentDetail> { return await (await ask(`instrument${search({ device })}`)).json() as InstrumentDetail; }

export async function allPlaces(): Promise<Places> { return await (await ask("places")).json() as Places; }

export async function send(path: "instruments/move" | "instruments/note" | "instruments/ask" | "sites" | "acts", body: object): Promise<void> {
  await ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}
