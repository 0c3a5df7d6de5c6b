// The administrators' paths: internal/cloudapi/acts.go, roles.go and
// registry.go in Go.

import { ask } from "./instruments_api";

export interface ActLine { name: string; value: string }

/** An administrative act, which takes two people. */
export interface Act {
  id: string; kind: string; region?: string; state: string; lines: ActLine[] | null; reason: string; by: string; byName: string;
  atMs: number; expiresMs: number; digest: string; own?: boolean; decided?: string; decidedMs?: number; why?: string; whyCode?: string;
}

export interface Training { region: string; untilMs?: number }

/** Somebody of the staff: the cloud's own word, and the SSO's while they are signed in. */
export interface Person {
  account: string; trained: boolean; training?: Training[]; sites?: string[]; removed: boolean;
  sessions?: number; name?: string; organisation?: string; roles?: string[]; said?: Training[]; saidSites?: string[]; usedMs?: number;
}

export interface PersonRecord { key: string; device?: string; atMs?: number; values: { [name: string]: string } }

export interface PersonData { subject: string; atMs: number; parts: { name: string; purpose: string; erasure: string; records: PersonRecord[] | null }[] | null }

export interface SiteChange { id?: string; region?: string; name: string; address?: string[]; close?: boolean }

export interface GroupChange { id?: string; region?: string; name?: string; add?: string[]; remove?: string[]; delete?: boolean }

const post = (path: string, body: object): Promise<Response> => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export async function acts(): Promise<Act[]> { return await (await ask("acts")).json() as Act[] | null ?? []; }

export async function propose(kind: string, params: object, reason: string): Promise<Act> { return await (await post("acts", { kind, params, reason })).json() as Act; }

/** Confirms an act as it was shown: the digest says what that was. */
export async function confirmAct(a: Act): Promise<Act> { return await (await post("acts/confirm", { id: a.id, digest: a.digest })).json() as Act; }

export async function rejectAct(a: Act, reason: string): Promise<Act> { return await (await post("acts/reject", { id: a.id, digest: a.digest, reason })).json() as Act; }

export async function people(): Promise<Person[]> { return await (await ask("people")).json() as Person[] | null ?? []; }

/** Ends every session of an account; gives how many there were. */
export async function signOutAll(account: string, reason: string): Promise<number> {
  return (await (await post("people/sign-out", { account, reason })).json() as { sessions: number }).sessions;
}

export async function changeSite(c: SiteChange): Promise<void> { await post("sites", c); }

export async function changeGroup(c: GroupChange): Promise<void> { await post("groups", c); }

export async function moveDevice(device: string, site: string, reason: string): Promise<void> { await post("instruments/move", { devices: [device], site, reason }); }

export async function personData(subject: string, reason: string): Promise<PersonData> { return await (await post("person", { subject, reason })).json() as PersonData; }
