// What can come of a contact, as the server's table says: kept on the phone, and the result screen is drawn from it.
import type { paths } from "../openapi.d.ts";

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

export type Outcome = Answer<"/mobile/v1/outcomes">[number];
export type Field = Answer<"/mobile/v1/correctable-fields">[number];
