// Looking again and again at something that the worker does, until it is over.
import { Problem } from "../../problem.ts";
import { get } from "../server.ts";
import type { Asked } from "./campaigns.ts";

const BETWEEN_MS = 700;

/** Ask until it is over, or until nobody looks any more; each answer is told. */
export async function watch<T>(
  ask: () => Promise<T>,
  isOver: (found: T) => boolean,
  tell: (found: T) => void,
  gone: AbortSignal,
): Promise<T> {
  for (;;) {
    const found = await ask();
    if (!gone.aborted) tell(found);
    if (gone.aborted || isOver(found)) return found;
    await new Promise((later) => setTimeout(later, BETWEEN_MS));
  }
}

/** Why what the worker did has failed. */
export function failureOf(found: Asked): Problem {
  return new Problem(409, "plan.failed", found.error ?? "", 0, [], found.error_zh);
}

export function watchPlan(id: number, tell: (found: Asked) => void, gone: AbortSignal): Promise<Asked> {
  return watch(
    () => get("/dashboard/v1/plan-requests/{request_id}", { path: { request_id: id } }),
    (found) => found.state === "done" || found.state === "failed",
    tell,
    gone,
  );
}
