// The service worker: the app opens from its own files, with or without a net.
/// <reference lib="webworker" />
import { say, type Language } from "../words.ts";
import { readMeta } from "./store/database.ts";
import { syncRound } from "./sync/round.ts";

declare const self: ServiceWorkerGlobalScope;
declare const FILES: string[];
declare const BUILD: string;

const CACHE = `gridwork-${BUILD}`;
const HOME = "/phone/";

self.addEventListener("install", (event) => {
  event.waitUntil(keepFiles());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldFiles());
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

// The net is back, perhaps with no window open: what waits goes out. Where it fails, the browser asks again later.
self.addEventListener("sync", (event) => {
  const wish = event as ExtendableEvent;
  wish.waitUntil(
    syncRound().then((news) => {
      if (news.ended === "offline" || news.ended === "busy") throw new Error(news.ended);
    }),
  );
});

// New work, or a message: said in the person's language, and fetched, so that it is there when the app is opened.
self.addEventListener("push", (event) => {
  event.waitUntil(Promise.all([tell(event.data), syncRound()]));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(showApp());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname.startsWith(HOME) && !url.pathname.endsWith(".txt"))
    event.respondWith(fromCache(HOME, event.request));
  else if (FILES.includes(url.pathname)) event.respondWith(fromCache(url.pathname, event.request));
});

async function tell(data: PushMessageData | null): Promise<void> {
  const news = (data?.json() ?? {}) as { type?: string; data?: { orders?: number } };
  const language = (await readMeta<Language>("language")) ?? "zh";
  const message = news.type === "message.sent";
  const text = message ? say(language, "push.message") : say(language, "push.new_work", { n: news.data?.orders ?? 0 });
  await self.registration.showNotification(say(language, "app.name"), {
    body: text,
    icon: "/phone/icon-192.png",
    tag: message ? "message" : "new-work",
  });
}

async function showApp(): Promise<void> {
  const [open] = await self.clients.matchAll({ type: "window" });
  await (open ? open.focus() : self.clients.openWindow(HOME));
}

async function keepFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache: what is kept is what the server has now, all of one build.
  await cache.addAll(FILES.map((path) => new Request(path, { cache: "reload" })));
}

async function dropOldFiles(): Promise<void> {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

async function fromCache(path: string, request: Request): Promise<Response> {
  return (await caches.match(path, { cacheName: CACHE })) ?? fetch(request);
}
