// Why the server refused something, in the reader's language. What its framework finds wrong with a field is said by the type of
// the error; what its own code refuses comes in Chinese and English.
import type { WrongField } from "./problem.ts";
import { inWords, type Language, type Said } from "./saying.ts";

// prettier-ignore
const WRONG = {
  missing: ["必须填写", "has to be there"],
  extra_forbidden: ["没有这一项", "there is no such field"],
  json_invalid: ["不是 JSON", "is not JSON"],
  model_type: ["应为一组数据", "expected an object"],
  model_attributes_type: ["应为一组数据", "expected an object"],
  dict_type: ["应为一组数据", "expected an object"],
  list_type: ["应为列表", "expected a list"],
  tuple_type: ["应为列表", "expected a list"],
  too_short: ["至少 {min_length} 项", "at least {min_length} items"],
  too_long: ["最多 {max_length} 项", "at most {max_length} items"],
  string_type: ["应为文字", "expected text"],
  string_unicode: ["文字编码不对", "expected text in UTF-8"],
  string_too_short: ["至少 {min_length} 个字符", "at least {min_length} characters"],
  string_too_long: ["最多 {max_length} 个字符", "at most {max_length} characters"],
  string_pattern_mismatch: ["格式不对，应符合 {pattern}", "wrong format: expected {pattern}"],
  text_unprintable: ["不能有控制字符", "expected text without control characters"],
  text_blank: ["不能只有空格", "expected text that is not blank"],
  bool_type: ["应为是或否", "expected true or false"],
  bool_parsing: ["应为是或否", "expected true or false"],
  int_type: ["应为整数", "expected a whole number"],
  int_parsing: ["应为整数", "expected a whole number"],
  int_parsing_size: ["数字太大", "the number is too large"],
  int_from_float: ["应为整数，不能有小数", "expected a whole number without decimals"],
  float_type: ["应为数字", "expected a number"],
  float_parsing: ["应为数字", "expected a number"],
  finite_number: ["应为有限的数字", "expected a finite number"],
  decimal_type: ["应为数字", "expected a number"],
  decimal_parsing: ["应为数字", "expected a number"],
  decimal_max_digits: ["最多 {max_digits} 位数字", "at most {max_digits} digits"],
  decimal_max_places: ["最多 {decimal_places} 位小数", "at most {decimal_places} decimals"],
  decimal_whole_digits: ["小数点前最多 {whole_digits} 位", "at most {whole_digits} digits before the decimal point"],
  greater_than: ["应大于 {gt}", "more than {gt}"],
  greater_than_equal: ["不能小于 {ge}", "{ge} or more"],
  less_than: ["应小于 {lt}", "less than {lt}"],
  less_than_equal: ["不能大于 {le}", "{le} or less"],
  enum: ["应为 {expected} 之一", "expected one of {expected}"],
  literal_error: ["应为 {expected} 之一", "expected one of {expected}"],
  date_type: ["应为日期，如 2026-10-12", "expected a day such as 2026-10-12"],
  date_parsing: ["应为日期，如 2026-10-12", "expected a day such as 2026-10-12"],
  date_from_datetime_parsing: ["应为日期，如 2026-10-12", "expected a day such as 2026-10-12"],
  date_from_datetime_inexact: ["应为日期，不带时间", "expected a day without a time"],
  day_wrong: ["应为 {first} 至 {last} 年的日期，如 2026-10-12", "expected a day such as 2026-10-12, from {first} to {last}"],
  datetime_type: ["应为带时区的时间", "expected a time with its offset"],
  datetime_parsing: ["应为带时区的时间", "expected a time with its offset"],
  datetime_from_date_parsing: ["应为带时区的时间", "expected a time with its offset"],
  datetime_object_invalid: ["应为带时区的时间", "expected a time with its offset"],
  timezone_aware: ["时间要带时区，如 +08:00", "expected a time with its offset, such as +08:00"],
  time_wrong: ["应为 {first} 至 {last} 年带时区的时间", "expected a time with its offset, from {first} to {last}"],
  money_wrong: ["应为金额，如 99.50，不超过 {most}", "expected an amount such as 99.50, at most {most}"],
  uuid_type: ["应为 UUID", "expected a UUID"],
  uuid_parsing: ["应为 UUID", "expected a UUID"],
} as const satisfies Record<string, Said>;

/** What the server said no to, and why. */
export interface Refused {
  detail: string;
  detailZh?: string | null;
  fields?: readonly WrongField[];
}

/** Why something was refused: what is wrong with its fields, named as `name` has it, or the server's sentence. */
export function sayRefused(language: Language, refused: Refused, name?: (field: string) => string): string {
  if (refused.fields?.length) return sayFields(language, refused.fields, name);
  return language === "zh" && refused.detailZh ? refused.detailZh : refused.detail;
}

/** What was expected of a field. */
export function sayWrong(language: Language, { type, context, expected, expected_zh }: WrongField): string {
  if (!type) return language === "zh" && expected_zh ? expected_zh : `expected ${expected}`;
  if (!(type in WRONG)) return expected;
  const values = Object.entries(context ?? {}).map(([name, value]) => [name, choices(language, value)] as const);
  return inWords(WRONG[type as keyof typeof WRONG], language, Object.fromEntries(values));
}

/** The framework lists choices as 'a', 'b' or 'c'. */
function choices(language: Language, value: string | number): string | number {
  if (typeof value !== "string" || !value.startsWith("'")) return value;
  return value.replace(/'/g, "").replace(/, | or /g, language === "zh" ? "、" : ", ");
}

/** Every field that is wrong, in one line; named as `name` has it. */
export function sayFields(
  language: Language,
  fields: readonly WrongField[],
  name: (field: string) => string = (field) => field,
): string {
  const [colon, end] = language === "zh" ? ["：", "；"] : [": ", "; "];
  return fields.map((wrong) => `${name(wrong.field)}${colon}${sayWrong(language, wrong)}`).join(end);
}
