// What the screens show: read from the phone's own store, never straight from the net.
import type { Answer } from "../answers.ts";
import { say, sayCode, type Language, type Word } from "../words.ts";
import { sayRefused, type Refused } from "../wrong.ts";
import type { Field, Outcome } from "./outcomes.ts";
import { readSession } from "./server/session.ts";
import { readAllMeta, writeMeta } from "./store/database.ts";
import { find } from "./store/documents.ts";
import { isOpen } from "./store/vault.ts";
import { daysLeft, type Because } from "./store/wiping.ts";
import { registrationOfWorker } from "./sync/device.ts";
import { readOrders, type Departed, type Order } from "./sync/pull.ts";
import { readQueue, type Queued } from "./sync/queue.ts";
import { NEWS, syncRound, type Ended, type News } from "./sync/round.ts";

export type Day = Answer<"/mobile/v1/day">;
export type Month = Answer<"/mobile/v1/points">;
export type ReturnReason = Answer<"/mobile/v1/return-reasons">[number];
export type Dispute = Answer<"/mobile/v1/points/disputes">["items"][number];
export type CustomersRefusal = Answer<"/mobile/v1/do-not-disturb">[number];
export type Size = "normal" | "large" | "largest";

const PULSE_MS = 60_000;
const CALM_MS = 5 * 60_000;
const FIRST_VIEW_MS = 300;

class Phone {
  language = $state<Language>("zh");
  size = $state<Size>("normal");
  /** null until the store was read */
  login = $state<string | null | undefined>(undefined);
  mustLogIn = $state(false);
  wiped = $state<Because | null>(null);
  orders = $state.raw<Order[]>([]);
  queue = $state.raw<Queued[]>([]);
  departed = $state.raw<Departed[]>([]);
  day = $state.raw<Day | null>(null);
  month = $state.raw<{ at: number; body: Month } | null>(null);
  outcomes = $state.raw<Outcome[]>([]);
  fields = $state.raw<Field[]>([]);
  disputes = $state.raw<Dispute[]>([]);
  refusals = $state.raw<CustomersRefusal[]>([]);
  returnReasons = $state.raw<ReturnReason[]>([]);
  syncedAt = $state<number | null>(null);
  sentToday = $state(0);
  daysLeft = $state<number | null>(null);
  syncing = $state(false);
  ended = $state<Ended | null>(null);
  /** seconds that the server asked us to wait */
  quietUntil = 0;
  #turn = 0;
  /** a round that was asked for while another one was under way */
  #wished: { all: boolean } | null = null;

  waiting = $derived(this.queue.filter((thing) => thing.standing !== "refused"));
  refused = $derived(this.queue.filter((thing) => thing.standing === "refused"));

  say(word: Word, values: Record<string, string | number> = {}): string {
    return say(this.language, word, values);
  }

  /** What the server says in two languages. */
  pick(said: { zh: string; en: string }): string {
    return this.language === "zh" ? said.zh : said.en;
  }

  /** Why the server refused something, in the language of the phone; its fields are called as the screens call them. */
  why(refused: Refused): string {
    return sayRefused(this.language, refused, (field) => sayCode(this.language, "field", field, field));
  }

  /** What an outcome, or another thing that was done, is called. */
  outcomeName(code: string): string {
    const known = this.outcomes.find((outcome) => outcome.code === code);
    return known ? this.pick(known) : sayCode(this.language, "kind", code, code);
  }

  orderOf(id: number): Order | undefined {
    return this.orders.find((order) => order.id === id);
  }

  /** Read everything anew from the phone's store. What a later reading knows is never undone by an earlier one. */
  async load(): Promise<void> {
    const turn = ++this.#turn;
    const [meta, session] = await Promise.all([readAllMeta(), isOpen().then((open) => (open ? readSession() : undefined))]);
    const data = session && (await readData());
    const left = session ? await daysLeft(Date.now()) : null;
    if (turn !== this.#turn) return;
    this.language = (meta.get("language") as Language | undefined) ?? "zh";
    this.size = (meta.get("size") as Size | undefined) ?? "normal";
    this.wiped = (meta.get("wiped") as Because | undefined) ?? null;
    if (data) this.#show(data, meta);
    else this.#forget();
    this.daysLeft = left;
    this.login = session?.login ?? null;
  }

  #show(data: Awaited<ReturnType<typeof readData>>, meta: Map<string, unknown>): void {
    Object.assign(this, data);
    this.syncedAt = (meta.get("synced_at") as number | undefined) ?? null;
    const sent = meta.get("sent_today") as { day: string; count: number } | undefined;
    this.sentToday = sent?.day === new Date().toDateString() ? sent.count : 0;
  }

  #forget(): void {
    this.orders = [];
    this.queue = [];
    this.departed = [];
    this.disputes = [];
    this.refusals = [];
    this.day = this.month = this.syncedAt = this.daysLeft = null;
    this.sentToday = 0;
    this.mustLogIn = false;
  }

  async setLanguage(language: Language): Promise<void> {
    this.language = language;
    await writeMeta("language", language);
  }

  async setSize(size: Size): Promise<void> {
    this.size = size;
    await writeMeta("size", size);
  }

  /** After something was put into the queue: show it, and try to send it, now and when the net is back. */
  async queued(): Promise<void> {
    await this.load();
    void this.wishBackgroundSync();
    void this.sync();
  }

  /**
   * One round with the server; what it changed is shown. `all`: the person asked for it. Where one is under way another follows,
   * since that one may be past what is new: a result just recorded, a log-in.
   */
  async sync(all = false): Promise<void> {
    if (!all && Date.now() < this.quietUntil) return;
    if (this.syncing) {
      this.#wished = { all: all || this.#wished?.all === true };
      return;
    }
    this.syncing = true;
    this.#wished = null;
    try {
      this.#heed(await syncRound(all));
      await this.load();
    } finally {
      this.syncing = false;
    }
    if (this.#wished !== null) await this.sync((this.#wished as { all: boolean }).all);
  }

  #heed(news: News): void {
    this.ended = news.ended;
    this.mustLogIn = news.ended === "logged_out";
    if (news.ended === "too_old") void registrationOfWorker().then((registration) => registration?.update());
    this.quietUntil = Date.now() + news.wait * 1000;
  }

  /** The service worker sends what waits as soon as there is a net, also with the app closed, where the browser can. */
  async wishBackgroundSync(): Promise<void> {
    const registration = await registrationOfWorker();
    if (registration && "sync" in registration) {
      await (registration.sync as { register(tag: string): Promise<void> }).register("queue").catch(() => undefined);
    }
  }

  /** Go on by oneself: at the start, when the net returns, when the app is looked at again, and from time to time. */
  begin(): void {
    const channel = new BroadcastChannel(NEWS);
    channel.onmessage = (event: MessageEvent<News>) => {
      this.#heed(event.data);
      void this.load();
    };
    const again = (): void => void (this.login && this.sync());
    window.addEventListener("online", again);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
    setInterval(() => {
      const due = (this.syncedAt ?? 0) + (this.waiting.length > 0 ? 0 : CALM_MS) <= Date.now();
      if (due && document.visibilityState === "visible") again();
    }, PULSE_MS);
    setTimeout(again, FIRST_VIEW_MS); // what is on the phone is shown first
    void navigator.storage?.persist?.();
  }
}

/** What the screens show of the store's boxes, all of one moment. */
async function readData() {
  const [orders, queue, departed, day, month, outcomes, fields, reasons, disputes, refusals] = await Promise.all([
    readOrders(),
    readQueue(),
    find<Departed[]>("departed"),
    find<Day>("day"),
    find<Month>("points"),
    find<Outcome[]>("outcomes"),
    find<Field[]>("correctable_fields"),
    find<ReturnReason[]>("return_reasons"),
    find<{ items: Dispute[] }>("disputes"),
    find<CustomersRefusal[]>("refusals"),
  ]);
  return {
    orders,
    queue,
    departed: departed?.body ?? [],
    day: day?.body ?? null,
    month: month ?? null,
    outcomes: outcomes?.body ?? [],
    fields: fields?.body ?? [],
    returnReasons: reasons?.body ?? [],
    disputes: disputes?.body.items ?? [],
    refusals: refusals?.body ?? [],
  };
}

export const phone = new Phone();
