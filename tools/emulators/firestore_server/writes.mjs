/** One write: what it asks for, checked, as the fields the document will have. Nothing is stored here. */
import { toMicros, toTimestamp } from "./clock.mjs";
import { Code, StatusError, invalid, notFound } from "./errors.mjs";
import { getField, merged, withField } from "./fields.mjs";
import { databaseOf, documentIdsOf, parseFieldPath } from "./paths.mjs";
import { Value } from "./protocol.mjs";
import {
  NULL,
  addNumbers,
  compareValues,
  documentSize,
  equalValues,
  isNaNValue,
  isNumber,
  storedFields,
  storedValue,
} from "./values.mjs";

const MAX_DOCUMENT_BYTES = 1024 * 1024; // https://firebase.google.com/docs/firestore/quotas

/** The name of the document that a write is about, checked to lie in the database. */
export function targetOf(write, database) {
  const name = write.operation && (write.update?.name ?? write.transform?.document ?? write.delete);
  if (!name) throw invalid("A write names no document.");
  documentIdsOf(name);
  if (databaseOf(name) !== database) throw invalid(`"${name}" is not in database "${database}".`);
  return name;
}

/**
 * @param {object} write protobuf Write
 * @param {object|null} before the stored document
 * @param {number} version of the commit, in microseconds
 * @returns {{fields: object|null, transformResults: object[]}} fields: null if the write deletes
 * @throws {StatusError}
 */
export function evaluate(write, name, before, version) {
  checkPrecondition(write.current_document, name, before);
  if (write.operation === "delete") return { fields: null, transformResults: [] };
  const transforms = write.transform?.field_transforms ?? write.update_transforms;
  const base = write.operation === "transform" ? (before?.fields ?? {}) : updatedFields(write, before);
  const result = applyTransforms(base, transforms, version);
  const size = documentSize(name, result.fields);
  if (size > MAX_DOCUMENT_BYTES) {
    throw invalid(`Document "${name}" is too large: ${size} bytes, at most ${MAX_DOCUMENT_BYTES} are allowed.`);
  }
  return result;
}

/** @param {object|null} condition protobuf Precondition */
export function checkPrecondition(condition, name, before) {
  switch (condition?.condition_type) {
    case "exists":
      if (condition.exists && !before) throw notFound(`No document to update: ${name}`);
      if (!condition.exists && before) {
        throw new StatusError(Code.ALREADY_EXISTS, `Document already exists: ${name}`);
      }
      break;
    case "update_time": {
      const wanted = toMicros(condition.update_time);
      const stored = before ? toMicros(before.update_time) : 0;
      if (stored !== wanted) {
        throw new StatusError(
          Code.FAILED_PRECONDITION,
          `the stored version (${stored}) does not match the required base version (${wanted}): ${name}`,
        );
      }
    }
  }
}

function updatedFields(write, before) {
  const fields = storedFields(write.update.fields);
  if (!write.update_mask) return fields;
  const paths = write.update_mask.field_paths.map(parseFieldPath);
  return merged(before?.fields ?? {}, fields, paths);
}

function applyTransforms(fields, transforms, version) {
  const transformResults = [];
  let after = fields;
  for (const transform of transforms) {
    const path = parseFieldPath(transform.field_path);
    const { value, result } = transformed(getField(after, path), transform, version);
    after = withField(after, path, value);
    transformResults.push(result);
  }
  return { fields: after, transformResults };
}

/** The new value of a field and what the client is told about it. */
function transformed(old, transform, version) {
  const kind = transform.transform_type;
  switch (kind) {
    case "set_to_server_value": {
      // "with millisecond precision": DocumentTransform.FieldTransform.ServerValue
      const value = Value.create({ timestamp_value: toTimestamp(Math.floor(version / 1000) * 1000) });
      return { value, result: value };
    }
    case "increment":
    case "maximum":
    case "minimum": {
      const operand = transform[kind];
      if (!isNumber(operand)) throw invalid(`${kind} of "${transform.field_path}" takes a number.`);
      const value = !old || !isNumber(old) ? operand : ARITHMETIC[kind](old, operand);
      return { value, result: value };
    }
    case "append_missing_elements":
    case "remove_all_from_array": {
      const items = transform[kind].values.map((item) => storedValue(item, transform.field_path, 2, true));
      const present = old?.value_type === "array_value" ? old.array_value.values : [];
      return { value: Value.create({ array_value: { values: ARRAYS[kind](present, items) } }), result: NULL };
    }
    default:
      throw invalid(`The transform of "${transform.field_path}" is empty.`);
  }
}

const ARITHMETIC = {
  increment: addNumbers,
  maximum: (old, operand) => extreme(old, operand, (order) => order > 0),
  minimum: (old, operand) => extreme(old, operand, (order) => order < 0),
};

/** Equal operands keep the stored one; NaN wins. */
function extreme(old, operand, wins) {
  if (isNaNValue(old) || isNaNValue(operand)) return isNaNValue(old) ? old : operand;
  return wins(compareValues(operand, old)) ? operand : old;
}

const ARRAYS = {
  append_missing_elements: (present, items) =>
    items.reduce((all, item) => (all.some((other) => equalValues(other, item)) ? all : [...all, item]), present),
  remove_all_from_array: (present, items) =>
    present.filter((item) => !items.some((other) => equalValues(other, item))),
};
