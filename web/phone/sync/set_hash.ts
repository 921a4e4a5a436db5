import { database } from "../store/database.ts";

/** The hash of what this phone holds, as the server counts it: SHA-256 of the lines `id:version` by id. */
export async function setHash(): Promise<string> {
  const rows = await database.orders.orderBy("id").toArray();
  const lines = rows.map((row) => `${row.id}:${row.version}\n`).join("");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(lines));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
