// What this phone is and how it stands, told to whoever looks after phones.
import { send } from "../server/client.ts";
import { Problem } from "../server/problems.ts";
import { deviceId } from "../server/session.ts";
import { database } from "../store/database.ts";
import { openRow } from "./queue.ts";

const LONGEST_NAME = 60;

/** Say how much waits here; where the server does not know this phone, it is registered first. */
export async function reportDevice(): Promise<void> {
  const waiting = await database.queue.where("standing").anyOf("waiting", "held").sortBy("place");
  const oldest = waiting[0] && new Date((await openRow(waiting[0])).content.made_at).toISOString();
  const body = { queue_length: waiting.length, app_version: VERSION, ...(oldest ? { oldest_queued_at: oldest } : {}) };
  const path = `/mobile/v1/devices/${await deviceId()}`;
  try {
    await send("POST", `${path}/report`, body);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    await register();
  }
}

/** Register this phone, or what changed of it: without a subscription it is pushed to no more. */
export async function register(): Promise<void> {
  const subscription = await (await registrationOfWorker())?.pushManager?.getSubscription();
  const push = subscription ? { push_subscription: subscription.toJSON() } : {};
  await send("PUT", `/mobile/v1/devices/${await deviceId()}`, { name: nameOfPhone(), app_version: VERSION, ...push });
}

/** The service worker's registration, asked by a window or by the worker itself. */
export async function registrationOfWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if ("registration" in self) return self.registration as ServiceWorkerRegistration;
  return navigator.serviceWorker?.getRegistration("/phone/");
}

/** As the browser calls the phone, such as "Linux; Android 10; Redmi 9A". */
function nameOfPhone(): string {
  return (/\(([^)]+)\)/.exec(navigator.userAgent)?.[1] ?? "phone").slice(0, LONGEST_NAME);
}
