// The little of Markdown in which the server writes a page to read: headings, tables, paragraphs, words in bold.
export type Block =
  { kind: "heading"; level: number; text: string } | { kind: "table"; rows: string[][] } | { kind: "text"; words: Words[] };

export interface Words {
  text: string;
  bold: boolean;
}

/** A page as its blocks, one after the other. */
export function blocksOf(page: string): Block[] {
  return page
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map(blockOf);
}

function blockOf(part: string): Block {
  const heading = /^(#{1,3}) (.*)$/s.exec(part);
  if (heading) return { kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" };
  if (part.startsWith("|")) return { kind: "table", rows: part.split("\n").filter(isRow).map(cellsOf) };
  return { kind: "text", words: wordsOf(part) };
}

/** Whether a line of a table holds something, and is not the one that parts its head from its body. */
function isRow(line: string): boolean {
  return !/^[|\s:-]*$/.test(line);
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
}

function wordsOf(text: string): Words[] {
  return text
    .split("**")
    .map((part, place) => ({ text: part, bold: place % 2 === 1 }))
    .filter((words) => words.text !== "");
}
