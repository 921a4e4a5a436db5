// A new version of the app: it waits until the person takes it, or until the app is opened anew.
class Updates {
  waiting = $state(false);
  #worker: ServiceWorker | null = null;

  async begin(): Promise<void> {
    if (!("serviceWorker" in navigator)) return;
    const had = navigator.serviceWorker.controller !== null;
    navigator.serviceWorker.addEventListener("controllerchange", () => had && location.reload());
    const registration = await navigator.serviceWorker.register("/phone/worker.js", { scope: "/phone/" });
    if (registration.waiting && had) registration.waiting.postMessage("take over"); // nothing is being typed yet
    registration.addEventListener("updatefound", () => this.#watch(registration.installing));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void registration.update().catch(() => undefined);
    });
  }

  #watch(worker: ServiceWorker | null): void {
    worker?.addEventListener("statechange", () => {
      if (worker.state !== "installed" || !navigator.serviceWorker.controller) return;
      this.#worker = worker;
      this.waiting = true;
    });
  }

  take(): void {
    this.#worker?.postMessage("take over");
  }
}

export const updates = new Updates();
