// A good day of each role, step by step, each with the page where it is done. A step whose page one does not have is left out.
import { pagesOf, type Role } from "../pages.ts";
import type { Me } from "../reader.svelte.ts";
import type { Word } from "../words.ts";

export interface Step {
  /** its name, by which it is ticked off */
  id: string;
  /** the first part of its page's address */
  page: string;
  what: Word;
  why: Word;
}

function step(id: string, page: string): Step {
  return { id, page, what: `step.${id}` as Word, why: `step.${id}.why` as Word };
}

export const DAYS: Record<Role, readonly Step[]> = {
  grid_manager: [
    step("stuck", "live"),
    step("move", "live"),
    step("doubtful", "cases"),
    step("disputes", "disputes"),
    step("returns", "live"),
    step("lend", "live"),
    step("my_customers", "customers"),
    step("meaning", "metrics"),
  ],
  branch_manager: [
    step("compare", "comparing"),
    step("alarms", "comparing"),
    step("disputes_late", "disputes"),
    step("sign", "campaigns"),
    step("learned", "evaluations"),
    step("own_view", "cube"),
    step("meaning", "metrics"),
  ],
  planner: [
    step("build", "campaigns"),
    step("conflicts", "conflicts"),
    step("capacity", "capacity"),
    step("submit", "campaigns"),
    step("watch_run", "campaigns"),
    step("evaluate", "evaluations"),
    step("tags", "tags"),
  ],
  analyst: [
    step("drift", "rankers"),
    step("challenger", "rankers"),
    step("promote", "rankers"),
    step("cube", "cube"),
    step("library", "tags"),
    step("customer", "customers"),
    step("meaning", "metrics"),
  ],
  admin: [
    step("health", "health"),
    step("feeds", "feeds"),
    step("jobs", "jobs"),
    step("people", "people"),
    step("close", "months"),
    step("meaning", "metrics"),
  ],
};

/** The steps of somebody's role for which they have the page. */
export function dayOf(me: Me | null | undefined): readonly Step[] {
  const mine = new Set(me ? pagesOf(me).map((page) => page.path) : []);
  return (DAYS[me?.role as Role] ?? []).filter((one) => mine.has(one.page));
}
