// The page: which view stands, and what goes where between the cloud, the
// worker and the views.

import { Device, Feed, Live, NotStarted, Request, Staff, follow, logout, me, paths } from "./api";
import { DevicePage } from "./device";
import { byId, h, icon, setText, show } from "./dom";
import { FeedPage } from "./feed";
import { Home } from "./home";
import { Join } from "./join";
import { startWorker } from "./link";
import { LogsPage } from "./logs";
import { MessagesPage } from "./messages";
import { OwnRecord } from "./record";
import { Session } from "./session";
import { clock, endText, language, t } from "./strings";
import { Surface } from "./surface";
import type { FromWorker, LinkState, Message, ToWorker } from "./wire";

const mode = document.querySelector<HTMLMetaElement>('meta[name="console-mode"]')?.content === "desk" ? "desk" : "hosted";

/** A view beside the list and the session. */
interface Page {
  readonly element: HTMLElement;
  focus(): void;
  close(): void;
  /** Notifications or messages changed in the cloud. */
  changed?(): void;
  /** The fleet as it is now. */
  fleet?(devices: Device[]): void;
}

class App {
  private readonly view = byId("view");
  private home: Home | null = null;
  private feed: Feed | null = null;
  private join: Join | null = null;
  private session: Session | null = null;
  private page: Page | null = null;
  private devices: Device[] = [];
  private regions: string[] = [];
  /** How far the cloud's notifications had come when it last said so. */
  private noted = -1;
  /** The ticket of each request that was joined, for the next time; kept nowhere else. */
  private readonly tickets = new Map<string, string>();
  private canvas = h("canvas", { id: "screen", tabindex: "-1", "aria-label": t("screenLabel") }) as HTMLCanvasElement;
  private readonly surface = new Surface(this.canvas);
  private tell: ((m: ToWorker) => void) | null = null;
  private words = "";

  async start(): Promise<void> {
    document.documentElement.lang = language;
    setText(byId("skip"), t("skip"));
    setText(byId("brand-sub"), t("console"));
    byId("sign-out").addEventListener("click", () => void this.signOut());
    setText(byId("sign-out"), t("signOut"));
    setText(byId("my-sessions"), t("mySessions"));
    byId("my-sessions").addEventListener("click", () => this.showRecord());
    for (const [id, key, go] of [
      ["nav-help", "waitingTitle", () => this.list()], ["nav-feed", "feedTitle", () => this.showFeed()], ["nav-messages", "msgTitle", () => this.showMessages("")],
    ] as const) {
      setText(byId(id), t(key));
      byId(id).addEventListener("click", go);
    }
    byId("nav").setAttribute("aria-label", t("navLabel"));
    try {
      const who = await me();
      if (who) this.signedIn(who); else this.signIn();
    } catch (error) {
      this.failed(error instanceof NotStarted && mode === "desk" ? t("deskStart") : t("error"));
    }
  }

  private put(phase: string, element: HTMLElement): void {
    document.body.dataset.phase = phase;
    delete document.body.dataset.lost;
    this.view.replaceChildren(element);
    this.view.scrollTop = 0;
    this.page?.close();
    this.page = null;
    for (const [id, at] of [["nav-help", "home"], ["nav-feed", "feed"], ["nav-messages", "messages"], ["my-sessions", "record"]] as const) {
      if (at === phase) byId(id).setAttribute("aria-current", "page");
      else byId(id).removeAttribute("aria-current");
    }
  }

  private show(phase: string, page: Page): void {
    this.put(phase, page.element);
    this.page = page;
    page.focus();
  }

  private signIn(): void {
    this.feed?.stop();
    this.feed = null;
    show(byId("account"), false);
    show(byId("live"), false);
    this.put("sign-in", h("main", { class: "centre", id: "content" },
      h("div", { class: "card sign-in-card" },
        h("span", { class: "hero" }, icon("shield")),
        h("h1", {}, t("signInTitle")), h("p", { class: "muted" }, t("signInText")),
        h("a", { id: "sign-in", class: "button primary", href: paths.login }, t("signIn")),
        h("p", { class: "help" }, mode === "desk" ? t("deskNote") : t("hostedNote")))));
  }

  private signedIn(who: Staff): void {
    show(byId("account"), true);
    setText(byId("who"), who.name);
    setText(byId("organisation"), who.organisation);
    // From here on the channel's program loads and the key is made: both take
    // a moment, and joining should not have to wait for them.
    this.tell = startWorker(mode, (m) => this.worker(m));
    this.regions = who.regions ?? [];
    this.feed = follow(
      (live) => this.live(live),
      (up) => {
        show(byId("live"), true);
        byId("live").dataset.up = String(up);
        setText(byId("live-text"), up ? t("liveOn") : t("liveOff"));
      },
      () => this.signedOut());
    this.home = new Home((r) => this.begin(r), (r) => this.show("logs", new LogsPage(r, () => this.list(), () => this.signedOut())), (d) => this.showDevice(d, () => this.list()));
    this.list();
  }

  private live(live: Live): void {
    if (live.requests || live.devices) this.home?.update(live);
    if (live.devices) {
      this.devices = live.devices;
      this.page?.fleet?.(live.devices);
    }
    if (live.feed !== undefined && live.feed !== this.noted) {
      this.noted = live.feed;
      this.page?.changed?.();
    }
  }

  private signedOut(): void {
    if (!this.session) location.reload();
  }

  private async signOut(): Promise<void> {
    this.tell?.({ do: "bye" });
    await logout().catch(() => undefined);
    location.reload();
  }

  private list(): void {
    this.join?.close();
    this.session?.close();
    this.join = this.session = null;
    delete document.body.dataset.settled;
    this.put("home", this.home!.element);
  }

  /** The engineer's own part of the record, one session of it opened. */
  private showRecord(request = ""): void {
    this.show("record", new OwnRecord(request, () => this.list(), () => this.signedOut()));
  }

  private showFeed(): void {
    this.show("feed", new FeedPage(this.regions, (device) => this.showDevice(device, () => this.showFeed()), () => this.signedOut()));
  }

  private showDevice(device: string, back: () => void): void {
    this.show("device", new DevicePage(device, this.devices, back, (to) => this.showMessages(to), () => this.signedOut()));
  }

  private showMessages(device: string): void {
    this.show("messages", new MessagesPage(this.regions, this.devices, device, () => this.signedOut()));
  }

  private begin(r: Request): void {
    this.join = new Join(r, this.tickets.get(r.id) ?? "", {
      join: (reason, ticket) => {
        this.tickets.set(r.id, ticket);
        this.tell!({ do: "join", request: r.id, reason, ticket });
      },
      code: (code) => this.tell!({ do: "code", code }),
      back: () => {
        this.tell!({ do: "bye" });
        this.list();
      },
    });
    this.put("join", this.join.element);
    this.join.focus();
  }

  private worker(m: FromWorker): void {
    switch (m.is) {
      case "state": return this.state(m.state);
      case "message": return this.message(m.message);
      case "file": return this.session?.fileState(m.id, m.state, m.done, m.why);
      case "broken": return this.ended(m.why);
      case "blank":
        this.surface.blank();
        delete document.body.dataset.settled;
        break;
      case "drawn":
        this.tell?.({ do: "seen", spare: this.surface.show(m.patch) });
        if (m.settled) document.body.dataset.settled = String(m.seq);
        break;
    }
    this.session?.worker(m);
  }

  private state(s: LinkState): void {
    if (s.words) this.words = s.words;
    if (s.phase === "ended") return this.ended(s.why ?? "");
    if (this.session) return this.session.state(s);
    this.join?.state(s);
  }

  private message(m: Message): void {
    if (m.t === "wrong-code") return this.join?.wrongCode(m);
    if (m.t === "authenticated" && this.join && !this.session) return this.enter(this.join);
    this.session?.message(m);
  }

  private enter(join: Join): void {
    this.session = new Session(join.request, join.reason, join.ticket, this.words, this.canvas, this.tell!);
    join.close();
    this.join = null;
    this.put("session", this.session.element);
  }

  private ended(why: string): void {
    const s = this.session, request = s?.request ?? this.join?.request;
    if (!request) {
      if (why === "desk-gone") this.failed(endText(why));
      return; // the engineer went back before it began
    }
    if (why === "signed-out") this.feed?.stop();
    const row = (name: string, value: string): HTMLElement[] => [h("dt", {}, name), h("dd", {}, value)];
    const facts = h("dl", {}, ...row(t("sumDevice"), `${request.type} ${request.serial}`));
    if (s) {
      facts.append(...row(t("sumReason"), s.reason), ...(s.ticket ? row(t("ticket"), s.ticket) : []), ...row(t("sumTime"), clock(Date.now() - s.started)),
        ...row(t("sumGranted"), [...s.granted].map((k) => t(k)).join(", ") || t("nothing")),
        ...row(t("sumFiles"), s.files.finished.join(", ") || t("nothing")));
    }
    const bad = why === "identity" || why === "turned-away";
    const done = h("button", { id: "to-list", class: "primary", type: "button",
      click: () => why === "signed-out" || why === "desk-gone" ? location.reload() : this.list() }, t("toList"));
    const record = s && why !== "signed-out" && why !== "desk-gone"
      ? h("button", { id: "to-record", class: "quiet", type: "button", click: () => this.showRecord(request.id) }, t("recordShow")) : null;
    this.join?.close();
    s?.close();
    this.join = this.session = null;
    delete document.body.dataset.settled;
    this.put("summary", h("main", { class: "centre", id: "content" },
      h("div", { id: "summary", class: "card summary-card", "data-why": why },
        h("span", { class: bad ? "hero danger" : "hero" }, icon(bad ? "lock" : s ? "end" : "link")),
        h("h1", {}, s ? t("summaryTitle") : t("summaryJoin")),
        h("p", { id: "summary-why", role: "alert" }, endText(why)), facts, h("div", { class: "stack" }, done, record))));
    done.focus();
  }

  private failed(why: string): void {
    this.put("error", h("main", { class: "centre", id: "content" },
      h("div", { class: "card summary-card" }, h("span", { class: "hero" }, icon("link")), h("p", { role: "alert" }, why))));
  }
}

void new App().start();
