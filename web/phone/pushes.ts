// News of new work while the app is closed, for who wants it.
import { read } from "./server/client.ts";
import { register, registrationOfWorker } from "./sync/device.ts";

/** Whether this phone is told of new work; null where the browser cannot. */
export async function isTold(): Promise<boolean | null> {
  const pushes = (await registrationOfWorker())?.pushManager;
  if (!pushes || !("Notification" in self)) return null;
  return (await pushes.getSubscription()) !== null;
}

/** Ask to be told; false where the person or the browser does not allow it. */
export async function wish(): Promise<boolean> {
  const pushes = (await registrationOfWorker())?.pushManager;
  if (!pushes || (await Notification.requestPermission()) !== "granted") return false;
  const { public_key } = await read<{ public_key: string }>("/mobile/v1/push-key");
  await pushes.subscribe({ userVisibleOnly: true, applicationServerKey: public_key });
  await register();
  return true;
}

/** Be told no more. */
export async function stop(): Promise<void> {
  const subscription = await (await registrationOfWorker())?.pushManager.getSubscription();
  await subscription?.unsubscribe();
  await register();
}
