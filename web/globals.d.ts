/** The version of the pages, from package.json. */
declare const VERSION: string;
