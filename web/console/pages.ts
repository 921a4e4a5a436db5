// The pages, as the menu lists them: one row for each, loaded when it is first looked at.
import type { Component } from "svelte";
import type { Word } from "./words.ts";

export type Role = "grid_manager" | "branch_manager" | "planner" | "analyst" | "admin";
export type Permission = "personnel" | "payroll_console";
export type Group = "work" | "plan" | "learn" | "pay" | "system" | "help";

/**
 * `path` is the first part of the address; the parts after it are the page's own, as its property `parts`.
 * A page without a `word` is not in the menu.
 */
export interface Page {
  path: string;
  word: Word | null;
  group: Group;
  roles: readonly Role[];
  /** a permission beyond the role, which these roles need not have */
  needs?: { permission: Permission; unless: readonly Role[] };
  /** whose day begins here */
  first?: readonly Role[];
  load: () => Promise<{ default: Component<{ parts: string[] }> | Component<Record<string, never>> }>;
}

export const GROUPS: readonly Group[] = ["work", "plan", "learn", "pay", "system", "help"];

const READERS: readonly Role[] = ["grid_manager", "branch_manager", "planner", "analyst", "admin"];
const LEADERS: readonly Role[] = ["grid_manager", "branch_manager", "admin"];
const PLANNERS: readonly Role[] = ["planner", "branch_manager", "admin"];
const LIBRARIANS: readonly Role[] = ["planner", "analyst", "admin"];
const ANALYSTS: readonly Role[] = ["analyst", "admin"];

const ADMIN: readonly Role[] = ["admin"];

// prettier-ignore
export const PAGES: readonly Page[] = [
  { path: "live", word: "live.title", group: "work", roles: LEADERS, first: ["grid_manager"], load: () => import("./live/Live.svelte") },
  { path: "map", word: "live.map", group: "work", roles: LEADERS, load: () => import("./live/Map.svelte") },
  { path: "cases", word: "cases.title", group: "work", roles: LEADERS, load: () => import("./reviewing/Cases.svelte") },
  { path: "disputes", word: "disputes.title", group: "work", roles: LEADERS, load: () => import("./reviewing/Disputes.svelte") },
  { path: "comparing", word: "comparing.title", group: "work", roles: READERS, first: ["branch_manager"], load: () => import("./comparing/Comparing.svelte") },
  { path: "campaigns", word: "campaigns.title", group: "plan", roles: PLANNERS, first: ["planner"], load: () => import("./planning/Campaigns.svelte") },
  { path: "programmes", word: "programmes.title", group: "plan", roles: PLANNERS, load: () => import("./planning/Programmes.svelte") },
  { path: "capacity", word: "capacity.title", group: "plan", roles: PLANNERS, load: () => import("./planning/Capacity.svelte") },
  { path: "conflicts", word: "conflicts.title", group: "plan", roles: PLANNERS, load: () => import("./planning/Conflicts.svelte") },
  { path: "rankers", word: "rankers.title", group: "learn", roles: ANALYSTS, first: ["analyst"], load: () => import("./analysis/Rankers.svelte") },
  { path: "cube", word: "cube.title", group: "learn", roles: READERS, load: () => import("./analysis/Cube.svelte") },
  { path: "customers", word: "customer.title", group: "learn", roles: READERS, load: () => import("./analysis/Customers.svelte") },
  { path: "tags", word: "tags.title", group: "learn", roles: LIBRARIANS, load: () => import("./analysis/Tags.svelte") },
  { path: "metrics", word: "metrics.title", group: "learn", roles: READERS, load: () => import("./analysis/Metrics.svelte") },
  { path: "evaluations", word: "evaluation.title", group: "learn", roles: READERS, load: () => import("./evaluation/Evaluations.svelte") },
  { path: "months", word: "months.title", group: "pay", roles: READERS, needs: { permission: "payroll_console", unless: ["admin"] }, load: () => import("./personnel/Months.svelte") },
  { path: "personnel", word: "personnel.title", group: "pay", roles: READERS, needs: { permission: "personnel", unless: [] }, load: () => import("./personnel/Personnel.svelte") },
  { path: "plans", word: "plans.title", group: "pay", roles: PLANNERS, load: () => import("./administration/Plans.svelte") },
  { path: "people", word: "people.title", group: "system", roles: ADMIN, load: () => import("./administration/People.svelte") },
  { path: "permissions", word: "permissions.title", group: "system", roles: ADMIN, load: () => import("./administration/Permissions.svelte") },
  { path: "units", word: "units.title", group: "system", roles: ADMIN, load: () => import("./administration/Units.svelte") },
  { path: "devices", word: "devices.title", group: "system", roles: LEADERS, load: () => import("./administration/Devices.svelte") },
  { path: "feeds", word: "feeds.title", group: "system", roles: ADMIN, load: () => import("./administration/Feeds.svelte") },
  { path: "jobs", word: "jobs.title", group: "system", roles: ADMIN, load: () => import("./administration/Jobs.svelte") },
  { path: "rules", word: "rules.title", group: "system", roles: ADMIN, load: () => import("./administration/Rules.svelte") },
  { path: "settings", word: "settings.title", group: "system", roles: ADMIN, load: () => import("./administration/Settings.svelte") },
  { path: "audit", word: "audit.title", group: "system", roles: ADMIN, load: () => import("./administration/Audit.svelte") },
  { path: "health", word: "health.title", group: "system", roles: ADMIN, first: ["admin"], load: () => import("./administration/Health.svelte") },
  { path: "first-day", word: "help.title", group: "help", roles: READERS, load: () => import("./help/FirstDay.svelte") },
];

/** Of whom it is asked what they may open. */
interface Who {
  role: string;
  permissions: readonly string[];
}

function has(roles: readonly Role[] | undefined, role: string): boolean {
  return (roles as readonly string[] | undefined)?.includes(role) ?? false;
}

/** The pages that somebody may open, in the menu's order. */
export function pagesOf({ role, permissions }: Who): Page[] {
  return PAGES.filter(
    ({ roles, needs }) => has(roles, role) && (!needs || has(needs.unless, role) || permissions.includes(needs.permission)),
  );
}

/** The page of an address; one that wants a permission says so itself to who comes there without. */
export function pageAt(path: string, { role }: Who): Page | undefined {
  return PAGES.find((page) => page.path === path && has(page.roles, role));
}

/** Where somebody's day begins. */
export function firstPageOf(who: Who): Page | undefined {
  const mine = pagesOf(who);
  return mine.find((page) => has(page.first, who.role)) ?? mine[0];
}
