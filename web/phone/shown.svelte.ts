// What a person chose on a screen and finds again when they come back to it.
import type { Way } from "./today.ts";

export const shown = $state<{ way: Way }>({ way: "recommended" });
