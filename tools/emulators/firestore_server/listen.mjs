/** The Listen stream: targets, their first snapshot, their changes, resuming. */
import { toMicros, toTimestamp } from "./clock.mjs";
import { StatusError, invalid } from "./errors.mjs";
import { databaseOf, documentIdsOf } from "./paths.mjs";
import { TargetChangeType } from "./protocol.mjs";
import { Query } from "./queries.mjs";
import { versionOf } from "./state.mjs";

const NO_DOCUMENTS = { documents: [] };

/** What the client of a target has been told: document name -> version. */
const membersOf = (documents) => new Map(documents.map((document) => [document.name, versionOf(document)]));

/** Documents new or newer than the members, and names of members that are no longer there. */
function difference(members, documents) {
  const names = new Set(documents.map((document) => document.name));
  return {
    changed: documents.filter((document) => members.get(document.name) !== versionOf(document)),
    removed: [...members.keys()].filter((name) => !names.has(name)),
  };
}

class QueryTarget {
  constructor({ parent, structured_query: query }) {
    this.query = new Query(parent, query);
  }

  documents(database) {
    return this.query.run(database);
  }

  /** The result as it was, given what has changed since (name -> document then). */
  documentsThen(database, earlier) {
    const then = new Map([...this.query.candidates(database)].map((document) => [document.name, document]));
    for (const [name, document] of earlier) {
      if (document) then.set(name, document);
      else then.delete(name);
    }
    return this.query.over(then.values());
  }

  changes(database, members, commit) {
    if (!this.query.isLocal) return difference(members, this.documents(database));
    const changed = [];
    const removed = [];
    for (const { name, after } of commit.changes) {
      if (after && this.query.matches(after)) changed.push(after);
      else if (members.has(name)) removed.push(name);
    }
    return { changed, removed };
  }

  present(document) {
    return this.query.project(document);
  }
}

class DocumentsTarget {
  constructor({ documents }) {
    if (documents.length === 0) throw invalid("A documents target names no document.");
    for (const name of documents) documentIdsOf(name);
    this.names = new Set(documents);
  }

  documents(database) {
    return [...this.names].map((name) => database.read(name)).filter(Boolean);
  }

  documentsThen(database, earlier) {
    const then = (name) => (earlier.has(name) ? earlier.get(name) : database.read(name));
    return [...this.names].map(then).filter(Boolean);
  }

  changes(_database, members, commit) {
    const mine = commit.changes.filter(({ name }) => this.names.has(name));
    return {
      changed: mine.flatMap(({ after }) => after ?? []),
      removed: mine.filter(({ name, after }) => !after && members.has(name)).map(({ name }) => name),
    };
  }

  present(document) {
    return document;
  }
}

/** Messages on their way to one client, at the client's pace and only while the server is not frozen. */
class Outbox {
  #messages = [];
  #running = false;

  constructor(call, faults) {
    this.call = call;
    this.faults = faults;
    this.closed = false;
  }

  send(message) {
    this.#messages.push(message);
    if (!this.#running) this.#pump();
  }

  async #pump() {
    this.#running = true;
    while (this.#messages.length && !this.closed) {
      const batch = this.#messages;
      this.#messages = [];
      for (const message of batch) {
        await this.faults.thawed();
        if (this.closed) return;
        if (!this.call.write(message)) await this.#drained();
      }
    }
    this.#running = false;
  }

  #drained() {
    return new Promise((resolve) => {
      for (const event of ["drain", "close", "cancelled"]) this.call.once(event, resolve);
    });
  }
}

export class ListenStream {
  /** target id -> {source, members} */
  #targets = new Map();
  #database = null;
  #nextId = 1;
  #assignsIds = false;

  constructor(call, state, faults) {
    this.call = call;
    this.state = state;
    this.outbox = new Outbox(call, faults);
    this.onCommit = (commit) => this.#publish(commit);
  }

  get targetCount() {
    return this.#targets.size;
  }

  receive(request) {
    try {
      this.#open(request.database);
      if (request.target_change === "add_target") this.#add(request.add_target);
      else if (request.target_change === "remove_target") this.#remove(request.remove_target);
      else throw invalid("The request neither adds nor removes a target.");
    } catch (error) {
      this.end(StatusError.from(error));
    }
  }

  #open(name) {
    if (!name || databaseOf(name) !== name) throw invalid(`"${name}" is no database name.`);
    if (this.#database && this.#database.resourceName !== name) throw invalid("A stream serves one database.");
    this.#database ??= this.state.database(name);
    this.#database.watchers.add(this.onCommit);
  }

  #add(target) {
    this.#assignsIds ||= target.target_id === 0;
    const id = this.#assignsIds ? this.#nextId++ : target.target_id;
    if (id < 0) throw invalid("A target id must be positive.");
    if (this.#targets.has(id)) throw invalid(`Target id ${id} is in use on this stream.`);
    try {
      if (this.#assignsIds && target.target_id !== 0) throw invalid("Target ids are assigned by the server here.");
      const isQuery = target.target_type === "query";
      const source = isQuery ? new QueryTarget(target.query) : new DocumentsTarget(target.documents ?? NO_DOCUMENTS);
      this.#start(id, source, target);
    } catch (error) {
      this.#targets.delete(id);
      this.#change("REMOVE", [id], { cause: StatusError.from(error).toProto() });
    }
  }

  #start(id, source, target) {
    const documents = source.documents(this.#database);
    this.#targets.set(id, { source, members: membersOf(documents) });
    this.#change("ADD", [id]);
    const resumed = this.#resumeVersion(target);
    if (resumed === undefined) {
      this.#sendAll(id, source, documents);
    } else if (resumed === null) {
      this.#change("RESET", [id]);
      this.#sendAll(id, source, documents);
    } else {
      this.#sendSince(resumed, id, source, documents);
    }
    this.#change("CURRENT", [id], this.#snapshot());
    this.#change("NO_CHANGE", [], this.#snapshot());
    if (target.once) this.#remove(id);
  }

  /** undefined: from scratch; null: the token means nothing here; else the version the client has seen. */
  #resumeVersion(target) {
    if (target.resume_type === "read_time") return toMicros(target.read_time);
    if (target.resume_type !== "resume_token" || target.resume_token.length === 0) return undefined;
    return this.state.tokens.toVersion(target.resume_token);
  }

  #sendAll(id, source, documents) {
    for (const document of documents) this.#documentChange(source.present(document), [id], []);
    if (!(source instanceof DocumentsTarget)) return;
    const present = membersOf(documents);
    for (const name of source.names) if (!present.has(name)) this.#documentGone(name, [id]);
  }

  /** What changed since a version; where that is no longer known, a count lets the client find out. */
  #sendSince(version, id, source, documents) {
    const earlier = this.#database.changedSince(version);
    if (earlier) {
      const known = membersOf(source.documentsThen(this.#database, earlier));
      const { changed, removed } = difference(known, documents);
      for (const document of changed) this.#documentChange(source.present(document), [id], []);
      for (const name of removed) this.#documentGone(name, [id]);
    } else {
      const newer = documents.filter((document) => versionOf(document) > version);
      for (const document of newer) this.#documentChange(source.present(document), [id], []);
      this.outbox.send({ filter: { target_id: id, count: documents.length } });
    }
  }

  #remove(id) {
    if (this.#targets.delete(id)) this.#change("REMOVE", [id]);
  }

  /** One commit is one consistent snapshot: its documents, then NO_CHANGE with a token. */
  #publish(commit) {
    const news = new Map(); // name -> {document, changed: ids, removed: ids}
    const about = (name) => {
      if (!news.has(name)) news.set(name, { document: null, changed: [], removed: [] });
      return news.get(name);
    };
    for (const [id, { source, members }] of this.#targets) {
      const { changed, removed } = source.changes(this.#database, members, commit);
      for (const document of changed) {
        members.set(document.name, versionOf(document));
        const entry = about(document.name);
        entry.document = source.present(document);
        entry.changed.push(id);
      }
      for (const name of removed) {
        members.delete(name);
        about(name).removed.push(id);
      }
    }
    if (news.size === 0) return;
    for (const [name, { document, changed, removed }] of news) {
      if (document) this.#documentChange(document, changed, removed);
      else this.#documentGone(name, removed);
    }
    this.#change("NO_CHANGE", [], this.#snapshot(commit.version));
  }

  #documentChange(document, targetIds, removedIds) {
    this.outbox.send({ document_change: { document, target_ids: targetIds, removed_target_ids: removedIds } });
  }

  /** Deleted, or still there but no longer part of the targets. */
  #documentGone(name, removedIds) {
    const kind = this.#database.read(name) ? "document_remove" : "document_delete";
    const readTime = toTimestamp(this.state.clock.now());
    this.outbox.send({ [kind]: { document: name, removed_target_ids: removedIds, read_time: readTime } });
  }

  #snapshot(version = this.state.clock.now()) {
    return { read_time: toTimestamp(version), resume_token: this.state.tokens.toToken(version) };
  }

  #change(type, targetIds, more = {}) {
    this.outbox.send({
      target_change: { target_change_type: TargetChangeType[type], target_ids: targetIds, ...more },
    });
  }

  // What follows is for the test's side door.

  /** The server takes all targets away, with a cause. */
  dropTargets(status) {
    for (const id of [...this.#targets.keys()]) {
      this.#targets.delete(id);
      this.#change("REMOVE", [id], { cause: status.toProto() });
    }
  }

  /** The server starts all targets over. */
  resetTargets() {
    for (const [id, target] of this.#targets) {
      const documents = target.source.documents(this.#database);
      target.members = membersOf(documents);
      this.#change("RESET", [id]);
      this.#sendAll(id, target.source, documents);
      this.#change("CURRENT", [id], this.#snapshot());
    }
    this.#change("NO_CHANGE", [], this.#snapshot());
  }

  /** The server counts each target's documents; `off` makes the count wrong. */
  sendFilters(off) {
    for (const [id, { members }] of this.#targets) {
      this.outbox.send({ filter: { target_id: id, count: members.size + off } });
    }
    this.#change("NO_CHANGE", [], this.#snapshot());
  }

  /** A global snapshot without news, as the server sends now and then. */
  heartbeat() {
    this.#change("NO_CHANGE", [], this.#snapshot());
  }

  /** Closes the stream, with a status or normally. @param {StatusError} [status] */
  end(status) {
    this.forget();
    if (status) this.call.emit("error", status);
    else this.call.end();
  }

  /** The stream is over: stop watching. */
  forget() {
    this.outbox.closed = true;
    this.#targets.clear();
    this.#database?.watchers.delete(this.onCommit);
  }
}
