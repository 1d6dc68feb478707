"""Reading a file section by section: every mistake is one line that names the key, the value and what is allowed."""

import types
import typing
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, ValidationError

from cosmograd.errors import UserError

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int, Field(ge=0)]


def relative_accuracy(best: float, worst: float) -> tuple[AfterValidator, Any]:
    """A relative accuracy that float64 can keep, and how references say so."""

    def checked(value: float) -> float:
        if not best <= value <= worst:
            raise ValueError(f"{value:g} is not allowed; allowed: from {best:g} to {worst:g}, what float64 can keep")
        return value

    return AfterValidator(checked), Field(json_schema_extra={"allowed": f"number from {best:g} to {worst:g}"})


def list_or(other: str) -> Discriminator:
    """So that a mistake in a list is not explained as one in what could stand in its place, nor the reverse.

    Of two types, tagged "as-list" and "as-" with the `other`.
    """
    return Discriminator(lambda value: "as-list" if isinstance(value, (list, tuple)) else f"as-{other}")


Specification = TypeVar("Specification", bound=BaseModel)


class Section(BaseModel):
    """A section of a file: its keys and no others, with their types as they stand."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def with_values(contents: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The contents with some dotted keys set, at any depth; `UserError` where what should be a section is none."""
    result = dict(contents)
    for dotted, value in values.items():
        section, _, rest = dotted.partition(".")
        inner = result.get(section, {})
        if not rest:
            result[section] = value
        elif isinstance(inner, Mapping):
            result[section] = with_values(inner, {rest: value})
        else:
            raise UserError(f"{section}: {inner!r} is no section, so that `{dotted}` cannot be set in it.")
    return result


def sections_of(model: type[BaseModel]) -> dict[str, list[type[BaseModel]]]:
    """The sections of a file, each with the models that it may be read as."""
    return {
        name: [t for t in _types_in(field.annotation) if isinstance(t, type) and issubclass(t, BaseModel)]
        for name, field in model.model_fields.items()
    }


def _types_in(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return list(typing.get_args(annotation))
    return [annotation]


def open_sections(model: type[BaseModel]) -> list[str]:
    """The sections of a file whose keys are not the same for all: the parameters of a potential."""
    return [name for name, field in model.model_fields.items() if typing.get_origin(field.annotation) is dict]


def known_keys(model: type[BaseModel], without: tuple[str, ...] = ()) -> list[str]:
    """Every key of a file, those of its sections dotted."""
    keys = [name for name, models in sections_of(model).items() if not models and name not in without]
    for section, models in sections_of(model).items():
        keys += sorted({f"{section}.{field}" for model in models for field in model.model_fields})
    return keys


def suggestion(key: str, known: Sequence[str]) -> str:
    """A sentence that names the closest allowed key, or all of them."""
    close = get_close_matches(key, known, n=1, cutoff=0.5)
    if not close:  # in another section
        last = get_close_matches(key.rpartition(".")[2], [k.rpartition(".")[2] for k in known], n=1, cutoff=0.6)
        close = [k for k in known if k.rpartition(".")[2] in last]
    return f" Did you mean {close[0]!r}?" if close else f" Allowed: {', '.join(known)}."


def validated(model: type[Specification], contents: Mapping[str, Any]) -> Specification:
    """The contents of a file as `model`; `UserError` has one line for every mistake."""
    try:
        return model.model_validate(contents)
    except ValidationError as error:
        # A value that fits none of several types is reported once for each; one line per key says it better.
        lines: dict[str, list[str]] = {}
        for detail in error.errors():
            start, _, reason = _explained(model, detail, contents).partition(" is not allowed; ")
            lines.setdefault(start, []).append(reason)
        texts = [
            f"{start} is not allowed; {' Or '.join(reasons)}" if reasons[0] else start
            for start, reasons in lines.items()
        ]
        raise UserError("\n".join(texts)) from None


def _explained(model: type[BaseModel], detail: Any, contents: Mapping[str, Any]) -> str:
    """One line about one mistake: key, value, what is allowed."""
    kinds = {_default_kind(each) for models in sections_of(model).values() for each in models} - {None}
    path = [str(part) for part in detail["loc"]]
    if len(path) > 1 and path[1] in kinds:
        del path[1]
    # The members of a union are named in the path; they are no keys of the file, unlike one that is not known.
    unknown = path[-1:] if detail["type"] == "extra_forbidden" else []
    path = [part for part in path[: len(path) - len(unknown)] if not part.startswith(_UNION_MEMBERS)] + unknown
    if path and path[-1] == "int" and detail["type"] != "extra_forbidden":
        path = path[:-1]
    key = ".".join(path)
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        section = path[0] if len(path) > 1 else ""
        models = sections_of(model).get(section, []) if section else [model]
        chosen = contents.get(section, {}).get("kind") if isinstance(contents.get(section), Mapping) else None
        models = [m for m in models if chosen is None or _default_kind(m) == chosen] or models
        kinds_with_it = [
            repr(_default_kind(m)) for m in sections_of(model).get(section, []) if path[-1] in m.model_fields
        ]
        if kinds_with_it and len(path) == 2:
            return f"{key}: this key goes with {section}.kind = {' or '.join(kinds_with_it)}."
        known = sorted({name for model in models for name in model.model_fields})
        return f"{key}: there is no such key.{suggestion(path[-1], known)}"
    if kind == "missing":
        return f"{key}: this key is needed and missing."
    if kind == "union_tag_not_found":
        return f"{key}.kind: say which kind of {key} it is; allowed: {_kinds(model, key)}."
    if kind == "union_tag_invalid":
        close = get_close_matches(str(detail["ctx"]["tag"]), sorted(kinds), n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        return f"{key}.kind: {detail['ctx']['tag']!r} is not allowed; allowed: {detail['ctx']['expected_tags']}.{hint}"
    message = str(detail["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return f"{key}: {message}." if key else f"{message}."
    if kind == "literal_error":
        expected = [e.strip(" '") for e in str(detail["ctx"]["expected"]).replace(" or ", ",").split(",")]
        close = get_close_matches(str(given), expected, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        return f"{key}: {given!r} is not allowed; allowed: {', '.join(expected)}.{hint}"
    if kind in ("model_attributes_type", "model_type"):
        return f"{key}: {given!r} is not allowed; allowed: a section, written [{key}] with its keys below."
    allowed = message.removeprefix("Input should be ").removeprefix("a valid ").removeprefix("valid ")
    return f"{key}: {given!r} is not allowed; allowed: {_PLAIN_WORDS.get(allowed, allowed)}."


_UNION_MEMBERS = ("literal[", "constrained-", "str", "list[", "function-", "as-")

_PLAIN_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "list": "a list",
    "dictionary": "a section",
    "boolean": "true or false",
}


def _default_kind(section: type[BaseModel]) -> Any:
    field = section.model_fields.get("kind")
    return field.default if field is not None else None


def _kinds(model: type[BaseModel], section: str) -> str:
    return ", ".join(str(_default_kind(model)) for model in sections_of(model).get(section, []))
