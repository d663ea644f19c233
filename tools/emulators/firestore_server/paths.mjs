/** Resource names and field paths: parsing, checking, ordering. */
import { invalid } from "./errors.mjs";

const MAX_ID_BYTES = 1500; // https://firebase.google.com/docs/firestore/quotas
const SIMPLE_NAME = /^[A-Za-z_][A-Za-z_0-9]*$/;

/** "projects/p/databases/d" out of a database, parent or document name. */
export function databaseOf(name) {
  const parts = name.split("/");
  if (parts.length < 4 || parts[0] !== "projects" || parts[2] !== "databases" || !parts[1] || !parts[3]) {
    throw invalid(`"${name}" does not start with projects/{project}/databases/{database}.`);
  }
  return parts.slice(0, 4).join("/");
}

/** The ids below /documents of a parent or document name; [] for the root. */
export function idsOf(name) {
  const parts = name.split("/");
  databaseOf(name);
  if (parts[4] !== "documents") throw invalid(`"${name}" lacks /documents after the database.`);
  const ids = parts.slice(5);
  for (const id of ids) checkId(id, name);
  return ids;
}

function checkId(id, name) {
  const wrong =
    id === "" ||
    id === "." ||
    id === ".." ||
    (/^__.*__$/s.test(id) && !/^__id-?\d+__$/.test(id)) ||
    Buffer.byteLength(id) > MAX_ID_BYTES;
  if (wrong) throw invalid(`Resource id "${id}" is invalid in "${name}".`);
}

/** The ids of a document name: an even number of them, at least two. */
export function documentIdsOf(name) {
  const ids = idsOf(name);
  if (ids.length === 0 || ids.length % 2) throw invalid(`Document name "${name}" lacks a collection or an id.`);
  return ids;
}

/** Order of UTF-8 bytes, which is Firestore's, over JavaScript's UTF-16 text. */
export function compareText(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) {
      // surrogates stand for code points above U+FFFF: lift them over U+E000..U+FFFF
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
}

/** Order of resource names: segment by segment, so that "/" sorts before every character. */
export function compareNames(a, b) {
  const left = a.split("/");
  const right = b.split("/");
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareText(left[i], right[i]);
    if (order) return order;
  }
  return left.length - right.length;
}

/** "a.`b.c`" -> ["a", "b.c"]. Names other than letters, digits and _ must stand in backticks. */
export function parseFieldPath(text) {
  const names = [];
  let at = 0;
  const fail = () => invalid(`Invalid property path "${text}".`);
  for (;;) {
    if (text[at] === "`") {
      let name = "";
      for (at++; text[at] !== "`"; at++) {
        if (text[at] === "\\") at++;
        if (at >= text.length) throw fail();
        name += text[at];
      }
      at++;
      if (name === "") throw fail();
      names.push(name);
    } else {
      const end = text.indexOf(".", at) < 0 ? text.length : text.indexOf(".", at);
      const name = text.slice(at, end);
      if (!SIMPLE_NAME.test(name)) throw fail();
      names.push(name);
      at = end;
    }
    if (at === text.length) return names;
    if (text[at] !== ".") throw fail();
    at++;
  }
}
