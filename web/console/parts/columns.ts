/** A column of a table. `value` is what it is sorted by, `text` what it says, `drawn` that the page draws its cells itself. */
export interface Column<T> {
  key: string;
  title: string;
  number?: boolean;
  /** its code in the metric library */
  metric?: string;
  value?: (row: T) => string | number | null;
  text?: (row: T) => string;
  href?: (row: T) => string | undefined;
  drawn?: boolean;
}
