// What can come of asking the server.

/** No answer: no net, or nobody at the other end. */
export class Offline extends Error {}

/** The log-in is over: what is here stays, and goes out after the next log-in. */
export class LoggedOut extends Error {}

/** This device was revoked: what was here is gone. */
export class Revoked extends Error {}

/** The server no longer talks to this version of the app. */
export class TooOld extends Error {}

export { Problem, problemOf } from "../../problem.ts";
