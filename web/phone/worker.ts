// The service worker: the app opens from its own files, with or without a net.
/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;
export {}; // a module, so that these are its own
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

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname.startsWith(HOME)) event.respondWith(fromCache(HOME, event.request));
  else if (FILES.includes(url.pathname)) event.respondWith(fromCache(url.pathname, event.request));
});

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
