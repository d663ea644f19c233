/**
 * Where documents live: the npm package's tree of projects, databases, collections and documents, subclassed.
 *
 * What the package's own classes do otherwise, and why it does not serve here: each new document copies its
 * collection (8,000 documents take 25 s), ids such as "constructor" find JavaScript's own properties, times end at
 * the millisecond, and a commit that fails half way stays half done.
 */
import { Clock, TokenMint, toMicros, toTimestamp } from "./clock.mjs";
import { packageState } from "./modules.mjs";
import { databaseOf, documentIdsOf } from "./paths.mjs";
import { identicalFields } from "./values.mjs";
import { evaluate, targetOf } from "./writes.mjs";

const HISTORY_LENGTH = 10_000; // commits that can be resumed over, at least

const emptyRecord = () => Object.create(null); // no inherited names

class DocumentNode extends packageState.FirestoreStateDocument {
  /** @type {object|null} what is stored now, as a protobuf Document; replaced as a whole, never changed */
  document = null;

  getCollection(id) {
    this.collections[id] ??= new CollectionNode(this.emitter, this.database, this, id, emptyRecord());
    return this.collections[id];
  }

  /** Takes over a document, or null for none. */
  store(document) {
    this.document = document;
    this.fields = document?.fields ?? {};
    const [createdAt, updatedAt] = document ? [document.create_time, document.update_time] : [null, null];
    this.metadata = { hasExist: document !== null, createdAt, updatedAt };
  }
}

class CollectionNode extends packageState.FirestoreStateCollection {
  getDocument(id) {
    this.documents[id] ??= new DocumentNode(this.emitter, this.database, this, id, {}, emptyRecord());
    return this.documents[id];
  }

  /** Lets go of a document that neither exists nor has anything below it. */
  prune(id) {
    if (!this.documents[id].document && !this.documents[id].hasChild()) delete this.documents[id];
  }
}

/** One database: its documents, their recent history and whoever watches them. */
class DatabaseNode extends packageState.FirestoreStateDatabase {
  /** Called with each commit: {version, changes: [{name, before, after}]}. @type {Set<(commit: object) => void>} */
  watchers = new Set();
  #commits = [];
  /** History is complete from this version on. */
  #historyStart = 0;

  get resourceName() {
    return this.getPath().slice(0, -"/documents".length);
  }

  getCollection(id) {
    this.collections[id] ??= new CollectionNode(this.emitter, this, this, id, emptyRecord());
    return this.collections[id];
  }

  /** The node at ids below the root: the database, a document or a collection; null if nobody made it yet. */
  find(ids) {
    let node = this;
    for (const [i, id] of ids.entries()) {
      node = i % 2 ? node.documents[id] : node.collections[id];
      if (!node) return null;
    }
    return node;
  }

  /** @returns {object|null} the stored document */
  read(name) {
    return this.find(documentIdsOf(name))?.document ?? null;
  }

  #write(name, document) {
    const ids = documentIdsOf(name);
    let node = this;
    for (let i = 0; i < ids.length; i += 2) node = node.getCollection(ids[i]).getDocument(ids[i + 1]);
    node.store(document);
    if (!document) node.parent.prune(node.name);
  }

  /** Every existing document below a node; only those of collections called `id`, if given. */
  *documentsBelow(node, id = undefined) {
    for (const collection of Object.values(node.collections)) {
      for (const child of collection.getAllDocuments()) {
        if (child.document && (id === undefined || collection.name === id)) yield child.document;
        yield* this.documentsBelow(child, id);
      }
    }
  }

  apply(version, changes) {
    for (const { name, after } of changes) this.#write(name, after);
    if (changes.length === 0) return;
    const commit = { version, changes };
    this.#commits.push(commit);
    if (this.#commits.length > HISTORY_LENGTH * 2) {
      const dropped = this.#commits.splice(0, HISTORY_LENGTH);
      this.#historyStart = dropped.at(-1).version;
    }
    for (const watcher of [...this.watchers]) watcher(commit);
  }

  /** What each document changed since a version was at that version, by name; null if that is no longer known. */
  changedSince(version) {
    if (version < this.#historyStart) return null;
    const earlier = new Map();
    for (let i = this.#commits.length - 1; i >= 0 && this.#commits[i].version > version; i--) {
      for (const { name, before } of this.#commits[i].changes.toReversed()) earlier.set(name, before);
    }
    return earlier;
  }

  forgetHistory(version) {
    this.#commits = [];
    this.#historyStart = version;
  }
}

class ProjectNode extends packageState.FirestoreStateProject {
  getDatabase(id) {
    this.databases[id] ??= new DatabaseNode(this.emitter, this, id, emptyRecord());
    return this.databases[id];
  }
}

export class State extends packageState.FirestoreState {
  clock = new Clock();
  tokens = new TokenMint();

  constructor() {
    super(emptyRecord());
  }

  getProject(id) {
    this.projects[id] ??= new ProjectNode(this.emitter, id, emptyRecord());
    return this.projects[id];
  }

  /** The database that a resource name belongs to. */
  database(name) {
    const [, project, , database] = databaseOf(name).split("/");
    return this.getProject(project).getDatabase(database);
  }

  *databases() {
    for (const project of Object.values(this.projects)) yield* Object.values(project.databases);
  }

  /** Forgets all documents. Watchers are not told: whoever resets ends the streams first. */
  clear() {
    this.projects = emptyRecord();
    this.tokens.startNewLife();
  }

  /**
   * All writes or none.
   * @returns {{version: number, results: object[]}} results: protobuf WriteResults
   * @throws {StatusError} for the first write that cannot be; then nothing has happened
   */
  commit(database, writes) {
    const version = this.clock.tick();
    const databaseName = database.resourceName;
    const pending = new Map(); // name -> {before, after}
    const results = writes.map((write) => {
      const name = targetOf(write, databaseName);
      const entry = pending.get(name) ?? { name, before: database.read(name) };
      const current = "after" in entry ? entry.after : entry.before;
      const { fields, transformResults } = evaluate(write, name, current, version);
      entry.after = fields && nextDocument(name, current, fields, version);
      pending.set(name, entry);
      return { update_time: entry.after?.update_time, transform_results: transformResults };
    });
    database.apply(version, [...pending.values()].filter(({ before, after }) => before !== after));
    return { version, results };
  }
}

/** A write that changes nothing keeps the document and its update time (WriteResult.update_time). */
function nextDocument(name, current, fields, version) {
  if (current && identicalFields(current.fields, fields)) return current;
  const time = toTimestamp(version);
  return { name, fields, create_time: current?.create_time ?? time, update_time: time };
}

export const versionOf = (document) => toMicros(document.update_time);
