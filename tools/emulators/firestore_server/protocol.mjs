/**
 * The v1 protocol: message types and the service. The descriptors are those that Google's own client carries (a
 * FileDescriptorSet in a file), so the emulator speaks exactly what the installed SDK speaks. 64-bit integers stay
 * exact (Long), which the classes generated for the npm package do not promise.
 */
import fs from "node:fs";
import { protobuf } from "./modules.mjs";

const PACKAGE = "google.firestore.v1";

/** Method: request type, response type, which side streams. */
const METHODS = {
  GetDocument: ["GetDocumentRequest", "Document", ""],
  ListDocuments: ["ListDocumentsRequest", "ListDocumentsResponse", ""],
  CreateDocument: ["CreateDocumentRequest", "Document", ""],
  UpdateDocument: ["UpdateDocumentRequest", "Document", ""],
  DeleteDocument: ["DeleteDocumentRequest", ".google.protobuf.Empty", ""],
  BatchGetDocuments: ["BatchGetDocumentsRequest", "BatchGetDocumentsResponse", "response"],
  BeginTransaction: ["BeginTransactionRequest", "BeginTransactionResponse", ""],
  Commit: ["CommitRequest", "CommitResponse", ""],
  Rollback: ["RollbackRequest", ".google.protobuf.Empty", ""],
  RunQuery: ["RunQueryRequest", "RunQueryResponse", "response"],
  RunAggregationQuery: ["RunAggregationQueryRequest", "RunAggregationQueryResponse", "response"],
  PartitionQuery: ["PartitionQueryRequest", "PartitionQueryResponse", ""],
  Write: ["WriteRequest", "WriteResponse", "both"],
  Listen: ["ListenRequest", "ListenResponse", "both"],
  ListCollectionIds: ["ListCollectionIdsRequest", "ListCollectionIdsResponse", ""],
  BatchWrite: ["BatchWriteRequest", "BatchWriteResponse", ""],
};

/** protobufjs reads map fields of a descriptor as lists of entries: this puts the maps back. */
function restoreMaps(type) {
  for (const field of type.fieldsArray.slice()) {
    const entry = field.repeated && type.nested?.[field.type.split(".").pop()];
    if (!entry?.fields?.key || !entry.fields.value) continue;
    type.remove(field);
    type.add(new protobuf.MapField(field.name, field.id, entry.fields.key.type, entry.fields.value.type));
  }
}

function restoreMapsBelow(namespace) {
  for (const item of namespace.nestedArray) {
    if (item instanceof protobuf.Type) restoreMaps(item);
    if (item.nestedArray) restoreMapsBelow(item);
  }
}

const root = protobuf.Root.fromDescriptor(fs.readFileSync(process.env.FIRESTORE_DESCRIPTORS));
restoreMapsBelow(root.lookup(PACKAGE));

const typeOf = (name) => root.lookupType(name.startsWith(".") ? name : `${PACKAGE}.${name}`);
const enumOf = (name) => root.lookupEnum(`${PACKAGE}.${name}`).values;

export const Value = typeOf("Value");
export const Document = typeOf("Document");
export const { Long } = protobuf.util;
export const TargetChangeType = enumOf("TargetChange.TargetChangeType");
export const Direction = enumOf("StructuredQuery.Direction");
export const FieldOperator = enumOf("StructuredQuery.FieldFilter.Operator");
export const UnaryOperator = enumOf("StructuredQuery.UnaryFilter.Operator");
export const CompositeOperator = enumOf("StructuredQuery.CompositeFilter.Operator");

/** The service in the form grpc-js takes. */
export const serviceDefinition = Object.fromEntries(
  Object.entries(METHODS).map(([name, [request, response, streams]]) => {
    const [input, output] = [typeOf(request), typeOf(response)];
    return [
      name,
      {
        path: `/${PACKAGE}.Firestore/${name}`,
        originalName: name,
        requestStream: streams === "both",
        responseStream: streams !== "",
        requestSerialize: (message) => input.encode(message).finish(),
        requestDeserialize: (bytes) => input.decode(bytes),
        responseSerialize: (message) => output.encode(message).finish(),
        responseDeserialize: (bytes) => output.decode(bytes),
      },
    ];
  }),
);

/** A document as JSON for people and tests: integers as text, bytes as base64. */
export const documentToJson = (document) =>
  Document.toObject(Document.fromObject(document), { longs: String, enums: String, bytes: String });
