// What the server answers, by the path that is asked: from its own OpenAPI document, whatever it calls things in there.
import type { paths } from "./openapi.d.ts";

type Body<Operation> = Operation extends { responses: infer Responses }
  ? {
      [Status in keyof Responses]: Responses[Status] extends { content: { "application/json": infer Json } } ? Json : never;
    }[Extract<keyof Responses, 200 | 201 | 207>]
  : never;

export type Answer<Path extends keyof paths> = Body<paths[Path]["get"]>;
export type AnswerToPost<Path extends keyof paths> = Body<paths[Path]["post"]>;
