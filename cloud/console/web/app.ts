// The page: which view stands, and what goes where between the cloud, the
// worker and the views.

import { AdminPage } from "./admin";
import { tellPresence } from "./atwork";
import { Device, Feed, Live, Request, Staff, follow, logout, me, paths } from "./api";
import { Case, May, mayOf } from "./caseapi";
import { CasePage, notesDialog } from "./casepage";
import { DevicePage } from "./device";
import { byId, h, icon } from "./dom";
import { FeedPage } from "./feed";
import { EventLog } from "./eventlog";
import { focusHeading } from "./focus";
import { Header, Place } from "./header";
import { Home } from "./home";
import { InstrumentPage } from "./instrument";
import { InstrumentsPage } from "./instruments";
import { Join } from "./join";
import { startWorker } from "./link";
import { LogsPage } from "./logs";
import { remember } from "./looks";
import { MessagesPage } from "./messages";
import { pageKey } from "./pagekeys";
import { OwnRecord } from "./record";
import { refusalText } from "./refusals";
import { may } from "./roles";
import { Session } from "./session";
import { helpDialog } from "./shortcuts";
import { endText, language, t } from "./strings";
import { failure, summary } from "./summary";
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
  /** The desk as it is now. */
  cases?(list: Case[]): void;
  /** Something was typed that leaving would lose. */
  typed?(): boolean;
}

class App {
  private told = false; // the cloud hears that somebody is here
  private readonly view = byId("view");
  private home: Home | null = null;
  private feed: Feed | null = null;
  private join: Join | null = null;
  private session: Session | null = null;
  private page: Page | null = null;
  private devices: Device[] = [];
  private regions: string[] = [];
  private cases: Case[] = [];
  private may: May = { queue: false, help: false, assign: false, message: false };
  private who: Staff | null = null;
  private account = "";
  /** How far the cloud's notifications had come when it last said so. */
  private noted = -1;
  /** The ticket of each request that was joined, for the next time; kept nowhere else. */
  private readonly tickets = new Map<string, string>();
  private canvas = h("canvas", { id: "screen", tabindex: "-1", "aria-label": t("screenLabel") }) as HTMLCanvasElement;
  private readonly surface = new Surface(this.canvas);
  private readonly header = new Header({ go: (place) => this.go(place), help: () => this.help.showModal(), signOut: () => void this.signOut() });
  private readonly help = helpDialog("page");
  private started: ((m: ToWorker) => void) | null = null;
  private words = "";
  /** Where Escape leads from the view that stands; null: nowhere. */
  private leave: (() => void) | null = null;
  /** What opened the view that stands, for the focus when it is left. */
  private opener: HTMLElement | null = null;

  async start(): Promise<void> {
    document.documentElement.lang = language;
    document.body.append(this.help);
    document.addEventListener("keydown", (e) => {
      if (!this.session && pageKey(e, { go: (place) => this.go(place), help: () => this.help.showModal(), search: () => this.search(), back: () => this.back() })) e.preventDefault();
    });
    try {
      const who = await me();
      if (who) this.signedIn(who); else this.signIn();
    } catch (error) {
      this.failed(refusalText(error, "error"));
    }
  }

  private put(phase: string, element: HTMLElement): void {
    document.body.dataset.phase = phase;
    delete document.body.dataset.lost;
    this.view.replaceChildren(element);
    this.view.scrollTop = 0;
    this.page?.close();
    this.page = null;
    this.leave = null;
    this.header.at(phase);
  }

  private go(place: Place): void {
    if (!this.home) return; // nobody is signed in
    switch (place) {
      case "home": return this.list();
      case "feed": return this.showFeed();
      case "messages": return this.showMessages("");
      case "record": return this.showRecord();
      case "events": return this.show("events", new EventLog(() => this.signedOut()));
      case "instruments": return this.showInstruments();
      case "admin": return this.who ? this.show("admin", new AdminPage(this.who, () => this.signedOut())) : undefined;
    }
  }

  private search(): void { this.view.querySelector<HTMLElement>("[role='search'] input")?.focus(); }

  /** Back, unless that would lose what was typed. */
  private back(): void {
    if (!this.page?.typed?.() && !this.join?.typed) this.leave?.();
  }

  /** The worker, with the channel's program in it. It is many times as large as
   * the page, so it starts when a session is in view; by the time reason and
   * code are typed, it has loaded and its key is made. */
  private warm(): (m: ToWorker) => void { return this.started ??= startWorker(mode, (m) => this.worker(m)); }

  private readonly tell = (m: ToWorker): void => this.warm()(m);

  private show(phase: string, page: Page, leave = (): void => this.list()): void {
    this.opener = document.activeElement as HTMLElement | null;
    this.put(phase, page.element);
    this.page = page;
    this.leave = leave;
    page.focus();
  }

  private signIn(): void {
    this.feed?.stop();
    this.feed = null;
    this.header.signedIn(null);
    this.put("sign-in", h("main", { class: "centre", id: "content" },
      h("div", { class: "card sign-in-card" },
        h("span", { class: "hero" }, icon("shield")),
        h("h1", {}, t("signInTitle")), h("p", { class: "muted" }, t("signInText")),
        h("a", { id: "sign-in", class: "button primary", href: paths.login, click: () => remember(true) }, t("signIn")),
        h("p", { class: "help" }, mode === "desk" ? t("deskNote") : t("hostedNote")))));
  }

  private signedIn(who: Staff): void {
    this.header.signedIn(who);
    if (!may(who, "see-devices")) return this.failed(t("admNoRights"));
    if (!this.told) tellPresence();
    this.told = true;
    this.regions = who.regions ?? [];
    this.feed = follow(
      (live) => this.live(live),
      (up) => this.header.live(up),
      () => this.signedOut());
    this.may = mayOf(who);
    this.account = who.account;
    this.who = who;
    this.home = new Home(this.may, this.regions, {
      join: (r) => this.begin(r), logs: (r) => this.show("logs", new LogsPage(r, () => this.list(), () => this.signedOut())),
      open: (number) => this.showCase(number, () => this.list()), signedOut: () => this.signedOut(),
    }, (d) => this.showDevice(d, () => this.list()));
    this.list();
  }

  private live(live: Live): void {
    if (live.requests || live.devices) this.home?.update(live);
    if (live.cases) {
      this.cases = live.cases;
      this.page?.cases?.(live.cases);
    }
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
    this.started?.({ do: "bye" });
    await logout().catch(() => undefined);
    location.reload();
  }

  private list(): void {
    this.join?.close();
    this.session?.close();
    this.join = this.session = null;
    delete document.body.dataset.settled;
    const from = this.opener;
    this.opener = null;
    this.put("home", this.home!.element);
    // The keyboard is where it was before; whoever came by the navigation is there still.
    if (document.activeElement !== document.body) return;
    if (from === null) return;
    if (from.isConnected) from.focus({ preventScroll: true });
    else if (!this.home!.focusRow(from)) focusHeading(this.home!.element);
  }

  /** The engineer's own part of the record, one session of it opened. */
  private showRecord(request = ""): void {
    this.show("record", new OwnRecord(request, () => this.list(), () => this.signedOut()));
  }

  private showFeed(): void {
    this.show("feed", new FeedPage(this.regions, (device) => this.showDevice(device, () => this.showFeed()), () => this.signedOut()));
  }

  private showInstruments(): void {
    this.show("instruments", new InstrumentsPage((device) => this.showInstrument(device), () => this.signedOut()));
  }

  private showInstrument(device: string): void {
    const back = (): void => this.showInstruments();
    this.show("instrument", new InstrumentPage(device, back, () => this.signedOut()), back);
  }

  private showDevice(device: string, back: () => void): void {
    this.show("device", new DevicePage(device, this.devices, back, this.may.message ? (to) => this.showMessages(to) : null, () => this.signedOut(),
      this.may.queue ? (number) => this.showCase(number, () => this.showDevice(device, back)) : null), back);
  }

  private showCase(number: string, back: () => void): void {
    this.show("case", new CasePage(number, this.may, this.account, {
      back, device: (d) => this.showDevice(d, () => this.showCase(number, back)), signedOut: () => this.signedOut(),
    }), back);
    this.page?.cases?.(this.cases);
  }

  /** The number of the case that a request belongs to, "" when it is not known. */
  private caseOf(request: string): string { return this.cases.find((c) => c.request === request)?.number ?? ""; }

  private showMessages(device: string): void {
    this.show("messages", new MessagesPage(this.regions, this.devices, device, () => this.signedOut()));
  }

  private begin(r: Request): void {
    this.warm();
    this.opener = document.activeElement as HTMLElement | null;
    const back = (): void => {
      this.tell({ do: "bye" });
      this.list();
    };
    this.join = new Join(r, this.tickets.get(r.id) ?? this.cases.find((c) => c.request === r.id)?.ticket ?? "", {
      join: (reason, ticket) => {
        this.tickets.set(r.id, ticket);
        this.tell({ do: "join", request: r.id, reason, ticket });
      },
      code: (code) => this.tell({ do: "code", code }),
      back,
    });
    this.put("join", this.join.element);
    this.leave = back;
    this.join.focus();
  }

  private worker(m: FromWorker): void {
    switch (m.is) {
      case "state": return this.state(m.state);
      case "message": return this.message(m.message);
      case "file": return this.session?.fileState(m.id, m.state, m.done, m.why);
      case "broken":
        this.started = null; // the next session starts another
        return this.ended(m.why);
      case "blank":
        this.surface.blank();
        delete document.body.dataset.settled;
        break;
      case "drawn":
        this.tell({ do: "seen", spare: this.surface.show(m.patch) });
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
    const number = this.caseOf(join.request.id);
    this.session = new Session(join.request, join.reason, join.ticket, this.words, this.canvas, this.tell,
      number ? () => notesDialog(number, this.may, this.account, () => this.signedOut()) : null);
    join.close();
    this.join = null;
    this.put("session", this.session.element);
    this.session.focus();
  }

  private ended(why: string): void {
    const s = this.session, request = s?.request ?? this.join?.request;
    if (!request) {
      if (why === "desk-gone") this.failed(endText(why));
      return; // the engineer went back before it began
    }
    if (why === "signed-out") this.feed?.stop();
    this.join?.close();
    s?.close();
    this.join = this.session = null;
    delete document.body.dataset.settled;
    const summed = s && { reason: s.reason, ticket: s.ticket, started: s.started, granted: [...s.granted].map((k) => t(k)), files: s.files.finished };
    this.put("summary", summary(request, summed, why, { list: () => this.list(), record: (id) => this.showRecord(id),
      notes: this.caseOf(request.id) ? () => this.showCase(this.caseOf(request.id), () => this.list()) : null }));
    byId("to-list").focus();
  }

  private failed(why: string): void {
    this.put("error", failure(why));
  }
}

void new App().start();
