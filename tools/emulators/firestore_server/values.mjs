/** Field values: order, equality, size, checking. Values are protobuf messages and are never changed in place. */
import { compareTimes, cutTime } from "./clock.mjs";
import { invalid } from "./errors.mjs";
import { compareNames, compareText } from "./paths.mjs";
import { Long, Value } from "./protocol.mjs";

const MAX_DEPTH = 20; // https://firebase.google.com/docs/firestore/quotas

// The order of types: https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering
const ORDER = {
  null_value: 0,
  boolean_value: 1,
  integer_value: 2,
  double_value: 2,
  timestamp_value: 3,
  string_value: 4,
  bytes_value: 5,
  reference_value: 6,
  geo_point_value: 7,
  array_value: 8,
};
const VECTOR_ORDER = 9;
const MAP_ORDER = 10;

export const NULL = Value.create({ null_value: 0 });

/** Where the type of a value stands in the order of types. */
export function typeOrder(value) {
  if (value.value_type !== "map_value") return ORDER[value.value_type];
  return isVector(value) ? VECTOR_ORDER : MAP_ORDER;
}

function isVector(value) {
  const { fields } = value.map_value;
  return Object.hasOwn(fields, "__type__") && fields.__type__.string_value === "__vector__";
}

export const isNumber = (value) => typeOrder(value) === 2;
export const isNaNValue = (value) => value.value_type === "double_value" && Number.isNaN(value.double_value);

/** An integer or double value as BigInt or number; the two compare exactly in JavaScript. */
export function toNumber(value) {
  return value.value_type === "double_value" ? value.double_value : BigInt(value.integer_value.toString());
}

const sign = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function compareNumbers(a, b) {
  const [x, y] = [toNumber(a), toNumber(b)];
  const nans = Number(Number.isNaN(y)) - Number(Number.isNaN(x)); // NaN is below every number and equals itself
  return nans || sign(x, y);
}

function compareLists(left, right) {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareValues(left[i], right[i]);
    if (order) return order;
  }
  return left.length - right.length;
}

function compareMaps(left, right) {
  const [a, b] = [left, right].map((fields) => Object.keys(fields).sort(compareText));
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareText(a[i], b[i]) || compareValues(left[a[i]], right[b[i]]);
    if (order) return order;
  }
  return a.length - b.length;
}

function compareVectors(left, right) {
  const [a, b] = [left, right].map((fields) => fields.value?.array_value?.values ?? []);
  return a.length - b.length || compareLists(a, b);
}

/** Firestore's order over all values; 0 means equal for queries and array transforms (3 equals 3.0). */
export function compareValues(a, b) {
  const order = typeOrder(a);
  const types = order - typeOrder(b);
  if (types) return types;
  switch (order) {
    case 0:
      return 0;
    case 1:
      return Number(a.boolean_value) - Number(b.boolean_value);
    case 2:
      return compareNumbers(a, b);
    case 3:
      return compareTimes(a.timestamp_value, b.timestamp_value);
    case 4:
      return compareText(a.string_value, b.string_value);
    case 5:
      return Buffer.compare(a.bytes_value, b.bytes_value);
    case 6:
      return compareNames(a.reference_value, b.reference_value);
    case 7:
      return (
        sign(a.geo_point_value.latitude, b.geo_point_value.latitude) ||
        sign(a.geo_point_value.longitude, b.geo_point_value.longitude)
      );
    case 8:
      return compareLists(a.array_value.values, b.array_value.values);
    case VECTOR_ORDER:
      return compareVectors(a.map_value.fields, b.map_value.fields);
    default:
      return compareMaps(a.map_value.fields, b.map_value.fields);
  }
}

export const equalValues = (a, b) => compareValues(a, b) === 0;

/** True if nothing would change by writing one over the other (3 is not 3.0, 0.0 is not -0.0). */
export function identicalFields(left, right) {
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && identicalValues(left[key], right[key]))
  );
}

function identicalValues(a, b) {
  if (a.value_type !== b.value_type) return false;
  switch (a.value_type) {
    case "double_value":
      return Object.is(a.double_value, b.double_value);
    case "geo_point_value":
      return ["latitude", "longitude"].every((k) => Object.is(a.geo_point_value[k], b.geo_point_value[k]));
    case "array_value": {
      const [left, right] = [a.array_value.values, b.array_value.values];
      return left.length === right.length && left.every((item, i) => identicalValues(item, right[i]));
    }
    case "map_value":
      return identicalFields(a.map_value.fields, b.map_value.fields);
    default:
      return equalValues(a, b);
  }
}

/**
 * A value as it will be stored: timestamps cut to microseconds. Refuses what Firestore refuses.
 * @throws {StatusError} INVALID_ARGUMENT
 */
export function storedValue(value, at, depth = 1, inArray = false) {
  switch (value.value_type) {
    case undefined:
      throw invalid(`The value of "${at}" has no type.`);
    case "timestamp_value":
      return Value.create({ timestamp_value: cutTime(value.timestamp_value) });
    case "string_value":
      return value;
    case "array_value": {
      if (inArray) throw invalid(`Property ${at} contains an invalid nested entity.`);
      checkDepth(at, depth);
      const values = value.array_value.values.map((item) => storedValue(item, at, depth + 1, true));
      return Value.create({ array_value: { values } });
    }
    case "map_value": {
      checkDepth(at, depth);
      return Value.create({ map_value: { fields: storedFields(value.map_value.fields, at, depth + 1) } });
    }
    default:
      return value;
  }
}

function checkDepth(at, depth) {
  if (depth > MAX_DEPTH) throw invalid(`Property ${at} is nested deeper than ${MAX_DEPTH} levels.`);
}

/** The fields of a document or map as they will be stored. */
export function storedFields(fields, parent = "", depth = 1) {
  const stored = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === "" || (/^__.*__$/s.test(name) && !(parent && name === "__type__"))) {
      throw invalid(`Property name "${name}" is reserved or empty.`);
    }
    stored[name] = storedValue(value, parent ? `${parent}.${name}` : name, depth);
  }
  return stored;
}

// Sizes: https://firebase.google.com/docs/firestore/storage-size
const textSize = (text) => Buffer.byteLength(text) + 1;

function valueSize(value) {
  switch (value.value_type) {
    case "null_value":
    case "boolean_value":
      return 1;
    case "string_value":
      return textSize(value.string_value);
    case "bytes_value":
      return value.bytes_value.length;
    case "reference_value":
      return nameSize(value.reference_value);
    case "geo_point_value":
      return 16;
    case "array_value":
      return value.array_value.values.reduce((sum, item) => sum + valueSize(item), 0);
    case "map_value":
      return fieldsSize(value.map_value.fields);
    default:
      return 8;
  }
}

function fieldsSize(fields) {
  return Object.entries(fields).reduce((sum, [name, value]) => sum + textSize(name) + valueSize(value), 0);
}

const nameSize = (name) =>
  name
    .split("/")
    .slice(5)
    .reduce((sum, id) => sum + textSize(id), 16);

/** Bytes a document counts for against the limit of 1 MiB. */
export const documentSize = (name, fields) => nameSize(name) + fieldsSize(fields) + 32;

const INT64 = { max: 2n ** 63n - 1n, min: -(2n ** 63n) };

/** An integer value; beyond 64 bits it stays at the bound, as increments do. */
export function integerValue(number) {
  const clamped = number > INT64.max ? INT64.max : number < INT64.min ? INT64.min : number;
  return Value.create({ integer_value: Long.fromString(clamped.toString()) });
}

export const doubleValue = (number) => Value.create({ double_value: number });

/** The sum of two number values: integer if both are. */
export function addNumbers(a, b) {
  if (a.value_type === "integer_value" && b.value_type === "integer_value") {
    return integerValue(toNumber(a) + toNumber(b));
  }
  return doubleValue(Number(toNumber(a)) + Number(toNumber(b)));
}
