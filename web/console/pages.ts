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

const LEADERS: readonly Role[] = ["grid_manager", "branch_manager", "admin"];

export const PAGES: readonly Page[] = [
  { path: "live", word: "live.title", group: "work", roles: LEADERS, load: () => import("./live/Live.svelte") },
  { path: "map", word: "live.map", group: "work", roles: LEADERS, load: () => import("./live/Map.svelte") },
  { path: "metrics", word: "metrics.title", group: "learn", roles: READERS, load: () => import("./analysis/Metrics.svelte") },
];

/** The pages of a role, in the menu's order: the first is where it begins. */
export function pagesOf(role: string): Page[] {
  return PAGES.filter((page) => (page.roles as readonly string[]).includes(role));
}
