// What can come of a contact, as the server's table says: kept on the phone, and the result screen is drawn from it.
import type { Answer } from "../answers.ts";

export type Outcome = Answer<"/mobile/v1/outcomes">[number];
export type Field = Answer<"/mobile/v1/correctable-fields">[number];
