// The cloud's paths that the page itself uses: internal/cloudapi in Go. In
// desk mode they are beckmanconnect-desk's, which passes them on.

export interface Staff { account: string; name: string; organisation: string; regions: string[] | null }

export interface Request {
  id: string; device: string; serial: string; type: string; region: string; technician: string;
  state: string; reason: string; alarmCode?: string; sinceMs: number; expiresMs: number;
}

export interface Device {
  id: string; serial: string; type: string; region: string; name: string; online: boolean; sinceMs: number;
  status: { version: string; class: string; run: string; open: number; worst: string; phase: string };
}

export interface Notification {
  id: number; code: string; severity: string; state: string; subject: string; title: string; count: number;
  raisedMs: number; lastMs: number;
}

export interface RecordEvent { kind: string; timeMs: number; deviceMs: number; fields?: { [name: string]: string } }

/** The engineer's own part of the record of one request. */
export interface OwnSession {
  request: string; session?: string; device: string; serial: string; type: string; region: string; ticket?: string; reason?: string;
  joinedMs: number; begunMs?: number; endedMs?: number; endedWhy?: string; endedBy?: string; open?: boolean;
  events: RecordEvent[]; more?: boolean;
}

export interface Live { requests: Request[]; devices: Device[] }

export const paths = {
  login: "/staff/login",
  logout: "/staff/logout",
  me: "/api/v1/staff/me",
  live: "/api/v1/staff/live",
  alarms: "/api/v1/staff/notifications",
  sessions: "/api/v1/staff/sessions",
};

/** The local console was opened by another way than its start address. */
export class NotStarted extends Error {}

/** Who is signed in; null when nobody is. */
export async function me(): Promise<Staff | null> {
  const answer = await fetch(paths.me, { cache: "no-store" });
  if (answer.status === 403) throw new NotStarted();
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`who: ${answer.status}`);
  return await answer.json() as Staff;
}

export async function logout(): Promise<void> {
  await fetch(paths.logout, { method: "POST" });
}

export async function alarms(device: string): Promise<Notification[]> {
  const answer = await fetch(`${paths.alarms}?device=${encodeURIComponent(device)}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`alarms: ${answer.status}`);
  return await answer.json() as Notification[] ?? [];
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
