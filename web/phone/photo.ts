// A photo as it is kept and sent: small enough for a slow net, and without what a camera writes into it.
const LONGEST_SIDE = 1600;
const QUALITY = 0.8;
export const PHOTO_TYPE = "image/jpeg";

export interface Photo {
  id: string;
  bytes: ArrayBuffer;
  sha256: string;
}

/** Drawn anew, so that place and device of the camera's own file are left out. */
export async function takePhoto(file: Blob): Promise<Photo> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(picture.width * scale)),
    Math.max(1, Math.round(picture.height * scale)),
  );
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const bytes = await (await canvas.convertToBlob({ type: PHOTO_TYPE, quality: QUALITY })).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { id: crypto.randomUUID(), bytes, sha256 };
}
