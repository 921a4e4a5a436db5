// Sending a photo in pieces: what the server has of it is asked for, so that a cut connection costs one piece.
import { call, send } from "../server/client.ts";
import { Problem } from "../server/problems.ts";
import { database } from "../store/database.ts";
import { unsealBytes } from "../store/vault.ts";
import type { Queued } from "./queue.ts";

const PIECE = 128 * 1024;
const PATH = "/mobile/v1/attachments";

export async function upload(thing: Queued): Promise<void> {
  const box = (await database.queue.get(thing.place))?.bytes;
  if (!box) return;
  const bytes = await unsealBytes(`bytes/${thing.id}`, box);
  const begun = (await (await send("POST", PATH, thing.content.body)).json()) as { offset: number; complete: boolean };
  let { offset } = begun;
  let { complete } = begun;
  while (!complete) {
    offset = await sendPiece(thing.id, bytes.slice(offset, offset + PIECE), offset);
    complete = offset >= bytes.byteLength;
  }
}

/** Where the server stands after it. */
async function sendPiece(id: string, piece: ArrayBuffer, offset: number): Promise<number> {
  const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
  try {
    const answer = await call(`${PATH}/${id}`, { method: "PATCH", headers, body: piece });
    return Number(answer.headers.get("Upload-Offset") ?? offset + piece.byteLength);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 409) throw error;
    const answer = await call(`${PATH}/${id}`, { method: "HEAD" });
    const stands = Number(answer.headers.get("Upload-Offset"));
    if (stands === offset) throw error;
    return stands;
  }
}
