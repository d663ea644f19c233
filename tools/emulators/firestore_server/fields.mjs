/** Reading and changing fields by path. Maps are copied where they change, so that old snapshots stay as they were. */
import { Value } from "./protocol.mjs";

/** The value at a path, or undefined. @param {string[]} path */
export function getField(fields, path) {
  let value;
  let here = fields;
  for (const name of path) {
    if (!here || !Object.hasOwn(here, name)) return undefined;
    value = here[name];
    here = value.value_type === "map_value" ? value.map_value.fields : undefined;
  }
  return value;
}

/** Fields with the value at a path set; maps on the way are made, other values on the way replaced by maps. */
export function withField(fields, [name, ...rest], value) {
  if (rest.length === 0) return { ...fields, [name]: value };
  const isMap = Object.hasOwn(fields, name) && fields[name].value_type === "map_value";
  const inner = isMap ? fields[name].map_value.fields : {};
  return { ...fields, [name]: Value.create({ map_value: { fields: withField(inner, rest, value) } }) };
}

/** Fields without the one at a path. */
export function withoutField(fields, [name, ...rest]) {
  if (!Object.hasOwn(fields, name)) return fields;
  if (rest.length === 0) {
    const { [name]: _, ...kept } = fields;
    return kept;
  }
  if (fields[name].value_type !== "map_value") return fields;
  const inner = withoutField(fields[name].map_value.fields, rest);
  return { ...fields, [name]: Value.create({ map_value: { fields: inner } }) };
}

/** Old fields with those at the paths taken from new: set if new has them, else removed. */
export function merged(oldFields, newFields, paths) {
  return paths.reduce((fields, path) => {
    const value = getField(newFields, path);
    return value === undefined ? withoutField(fields, path) : withField(fields, path, value);
  }, oldFields);
}

/** Only what stands at the paths. */
export const selected = (fields, paths) =>
  paths.reduce((result, path) => {
    const value = getField(fields, path);
    return value === undefined ? result : withField(result, path, value);
  }, {});
