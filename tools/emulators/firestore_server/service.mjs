/** The RPCs of google.firestore.v1.Firestore over the state. */
import { randomBytes } from "node:crypto";

import { toMicros, toTimestamp } from "./clock.mjs";
import { Code, StatusError, invalid, notFound, unimplemented } from "./errors.mjs";
import { getField, selected } from "./fields.mjs";
import { ListenStream } from "./listen.mjs";
import { compareText, documentIdsOf, idsOf, parseFieldPath } from "./paths.mjs";
import { Query } from "./queries.mjs";
import { NULL, addNumbers, doubleValue, integerValue, isNumber, toNumber } from "./values.mjs";

const MAX_WRITES = 500; // of one Commit or BatchWrite
const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const masked = (document, mask) => {
  if (!mask) return document;
  const paths = mask.field_paths.map(parseFieldPath).filter(([first]) => first !== "__name__");
  return { ...document, fields: selected(document.fields, paths) };
};

const newId = () => Array.from(randomBytes(20), (byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join("");

/** Pages of a sorted list of texts; the token is the last one given. */
function page(sorted, { page_size: size, page_token: token }) {
  const after = token ? Buffer.from(token, "base64").toString() : null;
  const start = after === null ? 0 : sorted.findIndex((text) => compareText(text, after) > 0);
  const rest = start < 0 ? [] : sorted.slice(start);
  const items = rest.slice(0, size || rest.length);
  return { items, nextToken: items.length < rest.length ? Buffer.from(items.at(-1)).toString("base64") : "" };
}

/** Optimistic transactions: what was read must be unchanged at commit, else ABORTED and the client tries again. */
class Transactions {
  #open = new Map(); // id -> {database, readOnly, reads: name -> microseconds or null}

  begin(database, options) {
    const id = randomBytes(12);
    this.#open.set(id.toString("hex"), { database, readOnly: options?.mode === "read_only", reads: new Map() });
    return id;
  }

  noteRead(id, name, document) {
    if (id?.length) this.#get(id).reads.set(name, document ? toMicros(document.update_time) : null);
  }

  #get(id) {
    const transaction = this.#open.get(Buffer.from(id).toString("hex"));
    if (!transaction) throw invalid("The transaction is unknown or closed.");
    return transaction;
  }

  close(id) {
    const transaction = this.#get(id);
    this.#open.delete(Buffer.from(id).toString("hex"));
    return transaction;
  }

  closeForCommit(id, writes) {
    const { database, readOnly, reads } = this.close(id);
    if (readOnly && writes.length) throw invalid("A read-only transaction cannot write.");
    for (const [name, seen] of reads) {
      const document = database.read(name);
      if ((document ? toMicros(document.update_time) : null) !== seen) {
        throw new StatusError(Code.ABORTED, `Too much contention: ${name} changed during the transaction.`);
      }
    }
  }

  clear() {
    this.#open.clear();
  }
}

const AGGREGATES = {
  count(documents, { up_to: upTo }) {
    const limit = upTo ? Number(upTo.value) : Infinity;
    return integerValue(BigInt(Math.min(documents.length, limit)));
  },
  sum(documents, { field }) {
    return numbersAt(documents, field).reduce(addNumbers, integerValue(0n));
  },
  avg(documents, { field }) {
    const numbers = numbersAt(documents, field);
    if (numbers.length === 0) return NULL;
    return doubleValue(numbers.reduce((sum, value) => sum + Number(toNumber(value)), 0) / numbers.length);
  },
};

function numbersAt(documents, field) {
  const path = parseFieldPath(field.field_path);
  return documents.map((document) => getField(document.fields, path)).filter((value) => value && isNumber(value));
}

export class FirestoreService {
  /** Live Listen streams. @type {Set<ListenStream>} */
  streams = new Set();
  #transactions = new Transactions();

  constructor(state, faults) {
    this.state = state;
    this.faults = faults;
  }

  reset() {
    for (const stream of [...this.streams]) stream.end(new StatusError(Code.UNAVAILABLE, "the emulator was reset"));
    this.#transactions.clear();
    this.state.clear();
  }

  #now() {
    return toTimestamp(this.state.clock.now());
  }

  #commit(database, writes) {
    if (writes.length > MAX_WRITES) throw invalid(`At most ${MAX_WRITES} writes are allowed, got ${writes.length}.`);
    return this.state.commit(database, writes);
  }

  /** The transaction a read belongs to, and its id if the read has just begun it. */
  #readTransaction(request, database) {
    if (request.consistency_selector !== "new_transaction") return { id: request.transaction, begun: undefined };
    const begun = this.#transactions.begin(database, request.new_transaction);
    return { id: begun, begun };
  }

  GetDocument({ name, mask, transaction }) {
    documentIdsOf(name);
    const document = this.state.database(name).read(name);
    this.#transactions.noteRead(transaction, name, document);
    if (!document) throw notFound(`Document "${name}" not found.`);
    return masked(document, mask);
  }

  ListDocuments(request) {
    if (request.order_by) throw unimplemented("ListDocuments with order_by");
    const parent = this.state.database(request.parent).find(idsOf(request.parent));
    const collections = parent ? Object.values(parent.collections) : [];
    const names = collections
      .filter((collection) => !request.collection_id || collection.name === request.collection_id)
      .flatMap((collection) => collection.getAllDocuments())
      .filter((node) => node.document || (request.show_missing && node.hasChild()))
      .map((node) => node.getPath());
    const { items, nextToken } = page(names.sort(compareText), request);
    const documents = items.map((name) => {
      const document = this.state.database(name).read(name);
      return document ? masked(document, request.mask) : { name };
    });
    return { documents, next_page_token: nextToken };
  }

  CreateDocument({ parent, collection_id: collection, document_id: id, document, mask }) {
    const name = `${parent}/${collection}/${id || newId()}`;
    const absent = { condition_type: "exists", exists: false };
    this.#writeOne({ operation: "update", update: { name, fields: document?.fields ?? {} }, current_document: absent });
    return masked(this.state.database(name).read(name), mask);
  }

  UpdateDocument({ document, update_mask: updateMask, mask, current_document: condition }) {
    this.#writeOne({ operation: "update", update: document, update_mask: updateMask, current_document: condition });
    return masked(this.state.database(document.name).read(document.name), mask);
  }

  DeleteDocument({ name, current_document: condition }) {
    this.#writeOne({ operation: "delete", delete: name, current_document: condition });
    return {};
  }

  #writeOne(write) {
    this.#commit(this.state.database(write.update?.name ?? write.delete), [{ update_transforms: [], ...write }]);
  }

  *BatchGetDocuments(request) {
    const database = this.state.database(request.database);
    const { id, begun } = this.#readTransaction(request, database);
    if (begun) yield { transaction: begun };
    const readTime = this.#now();
    for (const name of request.documents) {
      const document = database.read(name);
      this.#transactions.noteRead(id, name, document);
      const found = document && masked(document, request.mask);
      yield found ? { found, read_time: readTime } : { missing: name, read_time: readTime };
    }
  }

  BeginTransaction({ database, options }) {
    return { transaction: this.#transactions.begin(this.state.database(database), options) };
  }

  Rollback({ transaction }) {
    this.#transactions.close(transaction);
    return {};
  }

  Commit({ database: name, writes, transaction }) {
    const database = this.state.database(name);
    if (transaction.length) this.#transactions.closeForCommit(transaction, writes);
    const { version, results } = this.#commit(database, writes);
    return { write_results: results, commit_time: toTimestamp(version) };
  }

  /** Each write by itself, in any order for the client, no document twice. */
  BatchWrite({ database: name, writes }) {
    const database = this.state.database(name);
    if (writes.length > MAX_WRITES) throw invalid(`At most ${MAX_WRITES} writes are allowed, got ${writes.length}.`);
    const names = writes.map((write) => write.update?.name ?? write.delete ?? write.transform?.document);
    if (new Set(names).size < names.length) throw invalid("A document can be written once in a BatchWrite.");
    const outcomes = writes.map((write) => {
      try {
        return { result: this.#commit(database, [write]).results[0], status: { code: Code.OK } };
      } catch (error) {
        return { result: {}, status: StatusError.from(error).toProto() };
      }
    });
    return { write_results: outcomes.map(({ result }) => result), status: outcomes.map(({ status }) => status) };
  }

  *RunQuery(request) {
    const database = this.state.database(request.parent);
    const query = new Query(request.parent, request.structured_query);
    const { id, begun } = this.#readTransaction(request, database);
    if (begun) yield { transaction: begun };
    const documents = query.run(database);
    const readTime = this.#now();
    for (const document of documents) {
      this.#transactions.noteRead(id, document.name, document);
      yield { document: query.project(document), read_time: readTime };
    }
    if (documents.length === 0) yield { read_time: readTime };
  }

  *RunAggregationQuery(request) {
    const database = this.state.database(request.parent);
    const { structured_query: query, aggregations } = request.structured_aggregation_query;
    const { begun } = this.#readTransaction(request, database);
    const documents = new Query(request.parent, query).run(database);
    const fields = aggregations.map((aggregation, i) => {
      const kind = aggregation.operator;
      if (!AGGREGATES[kind]) throw invalid("An aggregation is empty.");
      return [aggregation.alias || `field_${i + 1}`, AGGREGATES[kind](documents, aggregation[kind])];
    });
    yield { result: { aggregate_fields: Object.fromEntries(fields) }, read_time: this.#now(), transaction: begun };
  }

  PartitionQuery() {
    throw unimplemented("PartitionQuery");
  }

  ListCollectionIds(request) {
    const parent = this.state.database(request.parent).find(idsOf(request.parent));
    const ids = Object.values(parent?.collections ?? {})
      .filter((collection) => collection.hasChild())
      .map((collection) => collection.name);
    const { items, nextToken } = page(ids.sort(compareText), request);
    return { collection_ids: items, next_page_token: nextToken };
  }

  /** The Write stream: the first request opens it, each later one is a commit. */
  Write(call) {
    let database = null;
    let count = 0;
    const token = () => Buffer.from(String(count++));
    const receive = (request) => {
      if (!database) {
        database = this.state.database(request.database);
        return { stream_id: request.stream_id || newId(), stream_token: token() };
      }
      const { version, results } = this.#commit(database, request.writes);
      return { stream_token: token(), write_results: results, commit_time: toTimestamp(version) };
    };
    let turn = Promise.resolve(); // requests are answered in order, also when one is delayed
    call.on("data", (request) => {
      turn = turn
        .then(() => this.faults.around("Write", call, () => receive(request)))
        .then((reply) => call.write(reply))
        .catch((error) => call.emit("error", StatusError.from(error)));
    });
    call.on("end", () => turn.then(() => call.end()));
  }

  Listen(call) {
    const stream = new ListenStream(call, this.state, this.faults);
    this.streams.add(stream);
    const opened = this.faults.around("Listen", call, () => {}).catch((error) => stream.end(StatusError.from(error)));
    const closed = () => {
      this.streams.delete(stream);
      stream.forget();
    };
    call.on("data", (request) => opened.then(() => this.streams.has(stream) && stream.receive(request)));
    call.on("end", () => opened.then(() => stream.end()));
    for (const event of ["end", "cancelled", "close", "error"]) call.on(event, closed);
  }
}

/** The service as grpc-js wants it: one function per method, faults around each. */
export function handlers(service, definition) {
  const bound = {};
  const answer = (name, request) => {
    if (request.consistency_selector === "read_time") throw unimplemented("reads at a past time");
    return service[name](request);
  };
  for (const [name, { requestStream, responseStream }] of Object.entries(definition)) {
    if (requestStream) {
      bound[name] = (call) => service[name](call);
    } else if (responseStream) {
      bound[name] = (call) => streamReply(service.faults, name, call, answer);
    } else {
      bound[name] = (call, callback) =>
        service.faults
          .around(name, call, () => answer(name, call.request))
          .then((reply) => callback(null, reply))
          .catch((error) => callback(StatusError.from(error)));
    }
  }
  return bound;
}

async function streamReply(faults, name, call, answer) {
  try {
    await faults.around(name, call, () => {
      for (const message of answer(name, call.request)) call.write(message);
    });
    call.end();
  } catch (error) {
    call.emit("error", StatusError.from(error));
  }
}
