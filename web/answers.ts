// What the server answers, by the path that is asked: from its own OpenAPI document, whatever it calls things in there.
import type { paths } from "./openapi.d.ts";

export type Path = keyof paths;
export type Verb = "get" | "post" | "put" | "patch" | "delete";

type Body<Operation> = Operation extends { responses: infer Responses }
  ? {
      [Status in keyof Responses]: Responses[Status] extends { content: { "application/json": infer Json } } ? Json : never;
    }[Extract<keyof Responses, 200 | 201 | 202 | 207>]
  : never;

export type AnswerTo<P extends Path, V extends Verb> = Body<paths[P][V]>;
export type Answer<P extends Path> = AnswerTo<P, "get">;
export type AnswerToPost<P extends Path> = AnswerTo<P, "post">;
