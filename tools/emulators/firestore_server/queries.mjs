/** Structured queries: which documents belong to the result, in what order, and which part of them is asked for. */
import { invalid, unimplemented } from "./errors.mjs";
import { getField, selected } from "./fields.mjs";
import { compareNames, idsOf, parseFieldPath } from "./paths.mjs";
import { CompositeOperator, Direction, FieldOperator, UnaryOperator, Value } from "./protocol.mjs";
import { compareValues, equalValues, isNaNValue, typeOrder } from "./values.mjs";

const NAME = "__name__";

/** The value of a field in a document; its name is a reference value. */
function valueAt(document, path) {
  if (path.length === 1 && path[0] === NAME) return Value.create({ reference_value: document.name });
  return getField(document.fields, path);
}

const parsePath = (field) => {
  if (!field?.field_path) throw invalid("A filter or order names no field.");
  return parseFieldPath(field.field_path);
};

const isNull = (value) => value.value_type === "null_value";
const has = (list, value) => list.some((item) => equalValues(item, value));
const comparable = (value, operand) =>
  typeOrder(value) === typeOrder(operand) && !isNaNValue(value) && !isNaNValue(operand);

/** Field operators as predicates (value present in the document, operand). */
const OPERATORS = {
  LESS_THAN: (v, o) => comparable(v, o) && compareValues(v, o) < 0,
  LESS_THAN_OR_EQUAL: (v, o) => comparable(v, o) && compareValues(v, o) <= 0,
  GREATER_THAN: (v, o) => comparable(v, o) && compareValues(v, o) > 0,
  GREATER_THAN_OR_EQUAL: (v, o) => comparable(v, o) && compareValues(v, o) >= 0,
  EQUAL: equalValues,
  NOT_EQUAL: (v, o) => !isNull(v) && !equalValues(v, o),
  IN: (v, o) => has(elements(o), v),
  NOT_IN: (v, o) => !isNull(v) && !elements(o).some(isNull) && !has(elements(o), v),
  ARRAY_CONTAINS: (v, o) => v.value_type === "array_value" && has(v.array_value.values, o),
  ARRAY_CONTAINS_ANY: (v, o) =>
    v.value_type === "array_value" && elements(o).some((item) => has(v.array_value.values, item)),
};

const INEQUALITIES = new Set([
  "LESS_THAN",
  "LESS_THAN_OR_EQUAL",
  "GREATER_THAN",
  "GREATER_THAN_OR_EQUAL",
  "NOT_EQUAL",
  "NOT_IN",
  "IS_NOT_NULL",
  "IS_NOT_NAN",
]);

const TAKES_LIST = new Set(["IN", "NOT_IN", "ARRAY_CONTAINS_ANY"]);

const UNARY = {
  IS_NAN: isNaNValue,
  IS_NULL: isNull,
  IS_NOT_NAN: (v) => !isNull(v) && !isNaNValue(v),
  IS_NOT_NULL: (v) => !isNull(v),
};

function elements(operand) {
  if (operand.value_type !== "array_value" || operand.array_value.values.length === 0) {
    throw invalid("in, not-in and array-contains-any take a list that is not empty.");
  }
  return operand.array_value.values;
}

const nameOf = (operators, number) => Object.keys(operators).find((key) => operators[key] === number);

/** A filter as a predicate over documents. `inequalities` collects the fields compared otherwise than by equality. */
function predicateOf(filter, inequalities) {
  switch (filter.filter_type) {
    case "composite_filter": {
      const parts = filter.composite_filter.filters.map((part) => predicateOf(part, inequalities));
      if (filter.composite_filter.op === CompositeOperator.AND) return (doc) => parts.every((part) => part(doc));
      if (filter.composite_filter.op === CompositeOperator.OR) return (doc) => parts.some((part) => part(doc));
      throw invalid("A composite filter must be AND or OR.");
    }
    case "field_filter": {
      const { field, op, value: operand } = filter.field_filter;
      const name = nameOf(FieldOperator, op);
      if (!OPERATORS[name]) throw invalid(`Filter operator ${name ?? op} is unknown.`);
      if (TAKES_LIST.has(name)) elements(operand);
      return fieldPredicate(parsePath(field), name, (value) => OPERATORS[name](value, operand), inequalities);
    }
    case "unary_filter": {
      const { field, op } = filter.unary_filter;
      const name = nameOf(UnaryOperator, op);
      if (!UNARY[name]) throw invalid(`Unary operator ${name ?? op} is unknown.`);
      return fieldPredicate(parsePath(field), name, UNARY[name], inequalities);
    }
    default:
      throw invalid("A filter is empty.");
  }
}

function fieldPredicate(path, name, test, inequalities) {
  if (INEQUALITIES.has(name)) inequalities.add(path.join("\0"));
  return (document) => {
    const value = valueAt(document, path);
    return value !== undefined && test(value);
  };
}

/** Given orders, then those that follow from inequalities, then the name: the order is always total. */
function ordersOf(query, inequalities) {
  const orders = query.order_by.map(({ field, direction }) => ({
    path: parsePath(field),
    sign: direction === Direction.DESCENDING ? -1 : 1,
  }));
  const sign = orders.at(-1)?.sign ?? 1;
  const given = new Set(orders.map(({ path }) => path.join("\0")));
  for (const key of [...inequalities].sort()) {
    if (!given.has(key) && key !== NAME) orders.push({ path: key.split("\0"), sign });
  }
  if (!given.has(NAME)) orders.push({ path: [NAME], sign });
  return orders;
}

export class Query {
  #orders;
  #filter;
  #parentIds;
  #from;

  /** @param {string} parent resource name @param {object} query protobuf StructuredQuery */
  constructor(parent, query) {
    // "from_": the Python client renames fields that are Python keywords, also in its descriptors
    if (query.find_nearest) throw unimplemented("vector search");
    if (query.from_.length > 1) throw invalid("A query takes one collection.");
    const inequalities = new Set();
    this.#filter = query.where ? predicateOf(query.where, inequalities) : () => true;
    this.#orders = ordersOf(query, inequalities);
    this.#parentIds = idsOf(parent);
    this.#from = query.from_[0] ?? { collection_id: "", all_descendants: true };
    this.select = query.select && query.select.fields.map(parsePath).filter((path) => path[0] !== NAME);
    this.start = query.start_at;
    this.end = query.end_at;
    this.offset = query.offset;
    this.limit = query.limit?.value ?? Infinity;
    for (const cursor of [this.start, this.end]) {
      if (cursor && cursor.values.length > this.#orders.length) throw invalid("A cursor has more values than orders.");
    }
    if (this.limit < 0 || this.offset < 0) throw invalid("limit and offset cannot be negative.");
  }

  /** True if a document belongs to the result whatever the others are. */
  get isLocal() {
    return this.limit === Infinity && this.offset === 0;
  }

  /** Every document of the collection (or group) asked about. */
  *candidates(database) {
    const parent = database.find(this.#parentIds);
    if (!parent) return;
    const { collection_id: id, all_descendants: deep } = this.#from;
    if (deep || !id) {
      yield* database.documentsBelow(parent, id || undefined);
    } else {
      for (const node of parent.collections[id]?.getAllDocuments() ?? []) if (node.document) yield node.document;
    }
  }

  #covers(document) {
    const ids = document.name.split("/").slice(5);
    const { collection_id: id, all_descendants: deep } = this.#from;
    const depth = this.#parentIds.length;
    return (
      (deep || !id ? ids.length >= depth + 2 : ids.length === depth + 2) &&
      this.#parentIds.every((parentId, i) => ids[i] === parentId) &&
      (!id || ids.at(-2) === id)
    );
  }

  /** True if the document is in scope, passes the filter, has the fields ordered by and lies between the cursors. */
  matches(document) {
    return (
      this.#covers(document) &&
      this.#filter(document) &&
      this.#orders.every(({ path }) => valueAt(document, path) !== undefined) &&
      (!this.start || this.#beside(document, this.start) >= (this.start.before ? 0 : 1)) &&
      (!this.end || this.#beside(document, this.end) <= (this.end.before ? -1 : 0))
    );
  }

  /** Where a document stands to a cursor: before it (< 0), on it (0), after it (> 0). */
  #beside(document, cursor) {
    for (const [i, value] of cursor.values.entries()) {
      const { path, sign } = this.#orders[i];
      const order = sign * compareValues(valueAt(document, path), value);
      if (order) return Math.sign(order);
    }
    return 0;
  }

  #compare(a, b) {
    for (const { path, sign } of this.#orders) {
      const order =
        path[0] === NAME ? compareNames(a.name, b.name) : compareValues(valueAt(a, path), valueAt(b, path));
      if (order) return sign * order;
    }
    return 0;
  }

  /** The result over documents, in order. @param {Iterable<object>} documents @returns {object[]} */
  over(documents) {
    const found = [];
    for (const document of documents) if (this.matches(document)) found.push(document);
    found.sort((a, b) => this.#compare(a, b));
    return found.slice(this.offset, this.offset + this.limit);
  }

  run(database) {
    return this.over(this.candidates(database));
  }

  /** A document cut down to what the query selects. */
  project(document) {
    return this.select ? { ...document, fields: selected(document.fields, this.select) } : document;
  }
}
