// The pages, as the menu lists them: one row for each, loaded when it is first looked at.
import type { Component } from "svelte";
import type { Word } from "./words.ts";

export type Role = "grid_manager" | "branch_manager" | "planner" | "analyst" | "admin";
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
  load: () => Promise<{ default: Component<{ parts: string[] }> | Component<Record<string, never>> }>;
}

export const GROUPS: readonly Group[] = ["work", "plan", "learn", "pay", "system", "help"];

const READERS: readonly Role[] = ["grid_manager", "branch_manager", "planner", "analyst", "admin"];

const REVIEWERS: readonly Role[] = ["grid_manager", "branch_manager", "admin"];

const PLANS: readonly Role[] = ["planner", "branch_manager", "admin"];
const ADMIN: readonly Role[] = ["admin"];

export const PAGES: readonly Page[] = [
  { path: "cases", word: "cases.title", group: "work", roles: REVIEWERS, load: () => import("./reviewing/Cases.svelte") },
  { path: "metrics", word: "metrics.title", group: "learn", roles: READERS, load: () => import("./analysis/Metrics.svelte") },
  { path: "months", word: "months.title", group: "pay", roles: READERS, load: () => import("./personnel/Months.svelte") },
  {
    path: "personnel",
    word: "personnel.title",
    group: "pay",
    roles: READERS,
    load: () => import("./personnel/Personnel.svelte"),
  },
  { path: "plans", word: "plans.title", group: "pay", roles: PLANS, load: () => import("./administration/Plans.svelte") },
  { path: "people", word: "people.title", group: "system", roles: ADMIN, load: () => import("./administration/People.svelte") },
  {
    path: "permissions",
    word: "permissions.title",
    group: "system",
    roles: ADMIN,
    load: () => import("./administration/Permissions.svelte"),
  },
  { path: "units", word: "units.title", group: "system", roles: ADMIN, load: () => import("./administration/Units.svelte") },
  {
    path: "devices",
    word: "devices.title",
    group: "system",
    roles: REVIEWERS,
    load: () => import("./administration/Devices.svelte"),
  },
  { path: "feeds", word: "feeds.title", group: "system", roles: ADMIN, load: () => import("./administration/Feeds.svelte") },
  { path: "jobs", word: "jobs.title", group: "system", roles: ADMIN, load: () => import("./administration/Jobs.svelte") },
  {
    path: "settings",
    word: "settings.title",
    group: "system",
    roles: ADMIN,
    load: () => import("./administration/Settings.svelte"),
  },
  { path: "audit", word: "audit.title", group: "system", roles: ADMIN, load: () => import("./administration/Audit.svelte") },
  { path: "health", word: "health.title", group: "system", roles: ADMIN, load: () => import("./administration/Health.svelte") },
];

/** The pages of a role, in the menu's order: the first is where it begins. */
export function pagesOf(role: string): Page[] {
  return PAGES.filter((page) => (page.roles as readonly string[]).includes(role));
}
