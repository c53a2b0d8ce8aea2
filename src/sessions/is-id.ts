/** `.` and `..` can't stand in a path. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9_.@-]{1,128}$/;

/** Whether a text can be the id of a session or a stream. */
export function isId(text: string): boolean {
  return ID.test(text);
}
