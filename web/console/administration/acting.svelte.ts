// Something that is done at the server: whether it is under way, and what was wrong with it.
import { Problem } from "../../problem.ts";

export class Acting {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** True where it was done. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.problem = null;
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
