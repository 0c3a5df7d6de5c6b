// The cloud's paths that the page itself uses: internal/cloudapi in Go. In
// desk mode they are beckmanconnect-desk's, which passes them on.

import type { Case } from "./caseapi";

export interface Staff { account: string; name: string; organisation: string; regions: string[] | null; roles?: string[] }

export interface Request {
  id: string; device: string; serial: string; type: string; region: string; technician: string;
  state: string; reason: string; alarmCode?: string; version?: string; profile?: string; hasLogs?: boolean; sinceMs: number; expiresMs: number;
}

export interface Device {
  id: string; serial: string; type: string; region: string; name: string; online: boolean; sinceMs: number;
  copied?: boolean; revokedMs?: number;
  logEntries?: number; logWitnessedMs?: number; logTrouble?: string;
  status: { version: string; class: string; run: string; open: number; worst: string; phase: string };
}

export interface Notification {
  id: number; code: string; severity: string; state: string; source: string; subject: string; title: string; count: number;
  raisedMs: number; lastMs: number; acknowledgedMs?: number; seenMs?: number; escalatedMs?: number; shelvedUntilMs?: number;
  group?: number; members?: number; chatters?: boolean; verified?: boolean; sample?: boolean;
}

/** What a device did while nobody heard it. */
export interface Digest { fromMs: number; toMs: number; raised: { [severity: string]: number } | null; open: number; waiting: number }

/** What an alarm of the cloud's own says in figures, by name. */
export type Values = { [name: string]: string };

export interface DeviceAlarm extends Notification { values?: Values }

/** A notification of the fleet, or a digest, with whose it is. */
export interface FeedRow { seq: number; values?: Values; device: string; serial: string; type: string; region: string; notification: Notification; digest?: Digest }

export interface FeedPage { rows: FeedRow[] | null; next?: string }

export interface FeedQuery { device?: string; region?: string; severity?: string; state?: string; text?: string; members?: string; before?: string }

export interface Presence { online: boolean; atMs: number }

export interface HelpLogs { request: string; sha256: string; lines: number; text: string }

export interface MessageText { language: string; title: string; text: string }

export interface MessageRequest { device?: string; group?: string; region?: string; severity: string; texts: MessageText[]; hours: number }

export interface MessageSent { id: string; by: string; atMs: number; request: MessageRequest; devices: number; delivered: number }

export interface RecordEvent { kind: string; timeMs: number; deviceMs: number; fields?: { [name: string]: string } }

/** The engineer's own part of the record of one request. */
export interface OwnSession {
  request: string; session?: string; device: string; serial: string; type: string; region: string; ticket?: string; reason?: string;
  joinedMs: number; begunMs?: number; endedMs?: number; endedWhy?: string; endedBy?: string; open?: boolean;
  events: RecordEvent[]; more?: boolean;
}

/** The waiting list and the fleet; both null when only the notifications changed. */
export interface Live { requests: Request[] | null; devices: Device[] | null; cases?: Case[] | null; feed?: number }

export const paths = {
  login: "/staff/login",
  logout: "/staff/logout",
  me: "/api/v1/staff/me",
  live: "/api/v1/staff/live",
  alarms: "/api/v1/staff/notifications",
  sessions: "/api/v1/staff/sessions",
  feed: "/api/v1/staff/feed",
  presence: "/api/v1/staff/presence",
  messages: "/api/v1/staff/messages",
  logs: "/api/v1/staff/logs",
};

/** Who is signed in; null when nobody is. */
export async function me(): Promise<Staff | null> {
  const answer = await fetch(paths.me, { cache: "no-store" });
  if (answer.status === 401) return null;
  if (!answer.ok) throw await refused(answer);
  return await answer.json() as Staff;
}

export async function logout(): Promise<void> {
  await fetch(paths.logout, { method: "POST" });
}

/** Nobody is signed in any more. */
export class SignedOut extends Error {}

/** The cloud refused a request; the code says why. Its message is English, for
 * scripts: package refusals has the words. */
export class Refused extends Error {
  constructor(readonly code: string, message: string) { super(message); }
}

export async function refused(answer: Response): Promise<Refused> {
  const said = await answer.json().catch(() => ({})) as { code?: string; message?: string };
  return new Refused(said.code ?? "", said.message ?? "");
}

export async function read<T>(path: string, query: Record<string, string | undefined> = {}): Promise<T> {
  const list = Object.entries(query).flatMap(([name, value]) => value ? [`${name}=${encodeURIComponent(value)}`] : []);
  const answer = await fetch(list.length ? `${path}?${list.join("&")}` : path, { cache: "no-store" });
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw await refused(answer);
  return await answer.json() as T;
}

export async function alarms(device: string): Promise<DeviceAlarm[]> {
  return await read<DeviceAlarm[] | null>(paths.alarms, { device }) ?? [];
}

/** A page of the fleet's notifications, newest first. */
export async function feed(query: FeedQuery): Promise<{ rows: FeedRow[]; next: string }> {
  const page = await read<FeedPage>(paths.feed, { ...query });
  return { rows: page.rows ?? [], next: page.next ?? "" };
}

/** A device's online history of 30 days, newest first, and what held before. */
export async function presence(device: string): Promise<Presence[]> {
  return await read<Presence[] | null>(paths.presence, { device }) ?? [];
}

export async function helpLogs(request: string): Promise<HelpLogs> { return read<HelpLogs>(paths.logs, { request }); }

export async function sentMessages(): Promise<MessageSent[]> { return await read<MessageSent[] | null>(paths.messages) ?? []; }

/** Signs and sends a message to technicians; says to how many devices it goes. */
export async function sendMessage(message: MessageRequest): Promise<number> {
  const answer = await fetch(paths.messages, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(message) });
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw await refused(answer);
  return (await answer.json() as { devices: number }).devices;
}

/** The signed-in engineer's own sessions, newest first; null when nobody is signed in. */
export async function ownSessions(): Promise<OwnSession[] | null> {
  const answer = await fetch(paths.sessions, { cache: "no-store" });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`sessions: ${answer.status}`);
  return await answer.json() as OwnSession[];
}

export interface Feed { stop(): void }

/** Keeps the live list open; tries again, spread out, when it breaks. */
export function follow(onLive: (l: Live) => void, onLink: (up: boolean) => void, onSignedOut: () => void): Feed {
  let socket: WebSocket | undefined, timer = 0, delay = 500, stopped = false;
  const open = (): void => {
    const url = new URL(paths.live, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url);
    socket.onmessage = (event: MessageEvent<string>) => {
      delay = 500;
      onLink(true);
      onLive(JSON.parse(event.data) as Live);
    };
    socket.onclose = () => {
      if (stopped) return;
      onLink(false);
      timer = window.setTimeout(() => {
        // A socket does not say why it was refused; this does.
        me().then((who) => {
          if (stopped) return;
          if (who) open(); else onSignedOut();
        }, () => { if (!stopped) open(); });
      }, delay / 2 + Math.random() * delay);
      delay = Math.min(delay * 2, 15_000);
    };
  };
  open();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}
