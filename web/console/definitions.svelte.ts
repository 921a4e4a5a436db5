// What every figure means: the metric library, asked for once, when somebody first wants to know.
import type { Answer } from "../answers.ts";
import { get } from "./server.ts";

export type Metric = Answer<"/dashboard/v1/metrics">["items"][number];

class Definitions {
  #asked: Promise<Map<string, Metric>> | null = null;

  async of(code: string): Promise<Metric | undefined> {
    this.#asked ??= get("/dashboard/v1/metrics").then((found) => new Map(found.items.map((metric) => [metric.code, metric])));
    try {
      return (await this.#asked).get(code);
    } catch (error) {
      this.#asked = null;
      throw error;
    }
  }
}

export const definitions = new Definitions();
