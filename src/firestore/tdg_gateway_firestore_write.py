"""Plain writes as messages of the Commit request.

Thread: worker only.
"""

from collections.abc import Mapping
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_codec_time
import tdg_core_firestore_codec_write
import tdg_core_firestore_names

CloudError = tdg_core_errors.CloudError
codec = tdg_core_firestore_codec
render = tdg_core_firestore_codec_path.render

#: DocumentTransform.FieldTransform.ServerValue of google.firestore.v1.
_REQUEST_TIME = 1


def fill_write(message: Any, write: Mapping[str, Any], root: str) -> None:
    """Puts a plain write (see `Gateway.commit`) into an empty `Write` message.

    Args:
        message: The `Write`.
        write: The plain form.
        root: `projects/<project>/databases/<database>/documents/`.

    Raises:
        CloudError: `invalid`, naming document and field.
    """
    path = f"{write['collection']}/{write['doc_id']}"
    try:
        problem = tdg_core_firestore_names.problem_of_document(path)
        if problem:
            raise CloudError("invalid", f"{problem}.")
        _fill(message, write, root + path, root)
    except CloudError as error:
        raise CloudError(error.code, f"{path} cannot be written: {error.message}") from None


def _fill(message: Any, write: Mapping[str, Any], name: str, root: str) -> None:
    op = write["op"]
    exists = None
    if op == tdg_core_firestore_codec_write.DELETE:
        message.delete = name
    else:
        data = write["data"]
        payload = codec.payload_of(data) if isinstance(data, str) else data
        plan = tdg_core_firestore_codec_write.plan(op, payload)
        exists = plan.exists
        message.update.name = name
        codec.fill_fields(message.update.fields, plan.fields, root)
        if plan.mask is not None:
            message.update_mask.SetInParent()  # an empty mask changes no field but still creates the document
            message.update_mask.field_paths.extend(sorted(map(render, plan.mask)))
        for path, transform, value in plan.transforms:
            _fill_transform(message.update_transforms.add(), path, transform, value, root)
    _fill_precondition(message.current_document, write.get("precondition") or {}, exists)


def _fill_precondition(message: Any, given: Mapping[str, Any], exists: bool | None) -> None:
    if "update_time" in given:
        try:
            seconds, nanos = tdg_core_firestore_codec_time.parse(given["update_time"])
        except ValueError as error:
            raise CloudError("invalid", f"The precondition is no update time: {error}.") from None
        message.update_time.seconds = seconds
        message.update_time.nanos = nanos
    elif given.get("exists", exists) is not None:
        message.exists = given.get("exists", exists)


def _fill_transform(message: Any, path: tuple[str, ...], transform: str, value: Any, root: str) -> None:
    message.field_path = render(path)
    if transform == codec.SERVER_TIMESTAMP:
        message.set_to_server_value = _REQUEST_TIME
    elif transform == codec.INCREMENT:
        codec.fill_value(message.increment, value, root, path)
    else:
        union = transform == codec.ARRAY_UNION
        array = message.append_missing_elements if union else message.remove_all_from_array
        array.SetInParent()
        for number, item in enumerate(value):
            codec.fill_value(array.values.add(), item, root, (*path, str(number)))
