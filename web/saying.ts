// How a catalogue's words are said: Chinese, English, and English for one where it differs. {n} and the like are filled in.
export type Language = "zh" | "en";
export type Said = readonly [zh: string, en: string, one?: string];

export function inWords(said: Said, language: Language, values: Record<string, string | number> = {}): string {
  const english = values.n === 1 ? (said[2] ?? said[1]) : said[1];
  return (language === "zh" ? said[0] : english).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
