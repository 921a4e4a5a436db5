// The one catalogue of what the pages say: Chinese, English, and English for one where it differs. {n} is filled in.
export type Language = "zh" | "en";
type Said = readonly [zh: string, en: string, one?: string];

export const WORDS = {
  "app.name": ["工单", "Work orders"],
  "log_in.title": ["登录", "Log in"],
} as const satisfies Record<string, Said>;

export type Word = keyof typeof WORDS;

export function say(language: Language, word: Word, values: Record<string, string | number> = {}): string {
  const said: Said = WORDS[word];
  const english = values.n === 1 ? (said[2] ?? said[1]) : said[1];
  return (language === "zh" ? said[0] : english).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
