// Sending the queue, in the order in which it was made. What the server refuses does not stop what comes after it.
import type { AnswerToPost } from "../../answers.ts";
import { send } from "../server/client.ts";
import { Problem } from "../server/problems.ts";
import { deviceId } from "../server/session.ts";
import { database } from "../store/database.ts";
import { openRow, setAside, settle, type Queued } from "./queue.ts";
import { upload } from "./uploading.ts";

type Answers = AnswerToPost<"/mobile/v1/feedback">;

const BATCH = 100;
const BEGINS_AGAIN = "attachment.wrong_checksum"; // what arrived was spoilt on the way: the next round sends it anew

/** Send all that waits; how many things the server has now. Raises Offline and the like: what was not answered stays. */
export async function sendQueue(): Promise<number> {
  let sent = 0;
  const rows = await database.queue.where("standing").anyOf("waiting", "held").sortBy("place");
  for (let next = 0; next < rows.length;) {
    const feedback = rows[next]!.kind === "feedback";
    let end = next + 1;
    while (feedback && end < rows.length && rows[end]!.kind === "feedback" && end - next < BATCH) end++;
    const things = await Promise.all(rows.slice(next, end).map(openRow));
    sent += feedback ? await sendFeedback(things) : await sendOne(things[0]!);
    next = end;
  }
  return sent;
}

async function sendFeedback(things: Queued[]): Promise<number> {
  const body = {
    sent_at: new Date().toISOString(),
    device_id: await deviceId(),
    items: things.map((thing) => ({ ...thing.content.body, device_sequence: thing.place })),
  };
  const answers = (await (await send("POST", "/mobile/v1/feedback", body)).json()) as Answers;
  const taken: number[] = [];
  for (const [position, thing] of things.entries()) {
    const answer = answers.items[position];
    if (!answer) continue;
    const { status, code, detail, detail_zh } = answer;
    if (status === "accepted" || status === "duplicate") taken.push(thing.place);
    else {
      const refusal = { code: code ?? status, detail: detail ?? "", detailZh: detail_zh, at: Date.now() };
      await setAside(thing.place, thing.id, status === "held" ? "held" : "refused", refusal);
    }
  }
  await settle(taken);
  return taken.length;
}

async function sendOne(thing: Queued): Promise<number> {
  try {
    await (thing.kind === "attachment" ? upload(thing) : sendTo(thing));
  } catch (error) {
    if (!(error instanceof Problem) || error.passes || error.status === 401) throw error;
    if (error.code === BEGINS_AGAIN) return 0;
    await setAside(thing.place, thing.id, "refused", {
      code: error.code,
      detail: error.detail,
      detailZh: error.detailZh,
      fields: error.fields,
      at: Date.now(),
    });
    return 0;
  }
  await settle([thing.place]);
  return 1;
}

async function sendTo(thing: Queued): Promise<void> {
  const [method, path] = PLACES[thing.kind](thing);
  const body = thing.kind === "refusal" ? { ...thing.content.body, sent_at: new Date().toISOString() } : thing.content.body;
  await send(method, path, body);
}

const PLACES: Record<Queued["kind"], (thing: Queued) => [method: string, path: string]> = {
  feedback: () => ["POST", "/mobile/v1/feedback"],
  return: (thing) => ["PUT", `/mobile/v1/work-orders/${thing.orderId}/return`],
  refusal: (thing) => ["POST", `/mobile/v1/work-orders/${thing.orderId}/do-not-disturb`],
  undo: (thing) => ["POST", `/mobile/v1/do-not-disturb/${thing.content.about ?? ""}/undo`],
  dispute: () => ["POST", "/mobile/v1/points/disputes"],
  attachment: () => ["POST", "/mobile/v1/attachments"],
};
