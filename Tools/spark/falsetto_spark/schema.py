"""The Parquet schema of the results, derived from the JSON Schema of the program's records.

Rule: it is derived, not written down a second time. Why: a field that a new version adds would otherwise be dropped in silence.
A word of JSON Schema that would change a column and that is not known here is an error.
"""
import json
from pathlib import Path

FILE = Path(__file__).resolve().parents[3] / "Sources" / "Reporting" / "Resources" / "analysis.schema.json"

# Words that narrow a value and leave its type as it is.
NARROWING = {
    "description", "minLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "required", "additionalProperties",
    "allOf", "if", "then", "else", "title",
}


class Unknown(Exception):
    """The JSON Schema says something that has no column here."""


def fields(schema, where, definitions):
    """`(name, type)` of an object's properties, in its order. A type is `string`, `double`, `long`, `boolean`, `[type]` or `{name: type}`."""
    return {name: type_of(part, f"{where}.{name}", definitions) for name, part in schema["properties"].items()}


def type_of(schema, where, definitions):
    known = set(schema) - NARROWING - {"$ref", "oneOf", "type", "enum", "const", "properties", "items"}
    if known:
        raise Unknown(f"{where}: `{sorted(known)[0]}` has no column type")
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return type_of(definitions[name], where, definitions)
    if "oneOf" in schema:
        # What may be null and what may not are one column type: in Parquet every column may be null.
        kinds = [type_of(part, where, definitions) for part in schema["oneOf"] if part != {"type": "null"}]
        if any(kind != kinds[0] for kind in kinds):
            raise Unknown(f"{where}: more than one type")
        return kinds[0]
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else [v for v in schema["enum"] if v is not None]
        if not all(isinstance(value, str) for value in values):
            raise Unknown(f"{where}: values that are no strings")
        return "string"
    kinds = schema.get("type")
    kinds = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind != "null"]
    if len(kinds) != 1:
        raise Unknown(f"{where}: more than one type")
    kind = kinds[0]
    if kind == "object":
        return fields(schema, where, definitions)
    if kind == "array":
        return [type_of(schema["items"], where + "[]", definitions)]
    simple = {"string": "string", "number": "double", "integer": "long", "boolean": "boolean"}
    if kind not in simple:
        raise Unknown(f"{where}: `{kind}` has no column type")
    return simple[kind]


def columns(file=FILE):
    """The columns of a result, `{name: type}`: those of a leg's record, then those that only a failed recording's has."""
    schema = json.loads(Path(file).read_text(encoding="utf-8"))
    made = {}
    for part in schema["oneOf"]:
        name = part["$ref"].removeprefix("#/$defs/")
        for column, kind in fields(schema["$defs"][name], name, schema["$defs"]).items():
            if made.setdefault(column, kind) != kind:
                raise Unknown(f"{column}: more than one type")
    return made


def spark_type(kind):
    """The same as Spark's type."""
    from pyspark.sql import types
    if isinstance(kind, dict):
        return types.StructType([types.StructField(name, spark_type(part)) for name, part in kind.items()])
    if isinstance(kind, list):
        return types.ArrayType(spark_type(kind[0]))
    return {"string": types.StringType, "double": types.DoubleType, "long": types.LongType, "boolean": types.BooleanType}[kind]()


def fitted(value, kind, where="record"):
    """`value` with every column that `kind` has and no other; a whole number becomes a float where the column holds floats.

    Raises `Unknown` for a field without a column and for a value of another type: a newer program's record is never stored in part.
    """
    if value is None:
        return None
    if isinstance(kind, dict):
        if not isinstance(value, dict) or set(value) - set(kind):
            raise Unknown(f"{where}: {', '.join(sorted(set(value) - set(kind))) if isinstance(value, dict) else 'no object'}")
        return {name: fitted(value.get(name), part, f"{where}.{name}") for name, part in kind.items()}
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise Unknown(f"{where}: no array")
        return [fitted(part, kind[0], where + "[]") for part in value]
    if kind == "double" and type(value) in (int, float):
        return float(value)
    if type(value) is not {"string": str, "long": int, "boolean": bool}.get(kind):
        raise Unknown(f"{where}: no {kind}")
    return value
