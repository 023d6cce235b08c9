"""Check data against a closed model: every problem at once, with file, key, value and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from figproof.errors import FigproofError, raise_together, suggest

Model = TypeVar("Model", bound=BaseModel)


class Closed(BaseModel):
    """Base of what is read from files: frozen, strictly typed, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def parse(model: type[Model], content: Any, where: str, key: str = "") -> Model:
    """Build the model from plain data.

    Parameters
    ----------
    model : type
        A pydantic model that forbids extra keys.
    content : object
        What the file holds.
    where, key : str
        File, and the key inside it that holds ``content``; both named in errors.

    Raises
    ------
    FigproofError
        All problems of the content.
    """
    if not isinstance(content, dict):
        place = f"{where}: {key}" if key else where
        given = "it is empty" if content is None else f"given {type(content).__name__}"
        raise FigproofError(f"must map keys to values, {given}", where=place)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise_together([_explain(detail, model, where, key) for detail in error.errors()])
        raise


def _explain(detail: Any, model: type[BaseModel], where: str, prefix: str) -> FigproofError:
    path = [*([prefix] if prefix else []), *map(str, detail["loc"])]
    place = f"{where}: {'.'.join(path)}" if path else where
    if detail["type"] == "extra_forbidden":
        unknown = str(detail["loc"][-1])
        known = _fields_at(model, detail["loc"][:-1])
        return FigproofError(f"unknown key {unknown!r}. {suggest(unknown, known)}", where=place)
    if detail["type"] == "missing":
        return FigproofError("is needed and not given", where=place)
    message = detail["msg"].removeprefix("Value error, ")
    given = "" if detail["type"] == "value_error" else f"; given {detail['input']!r}"
    return FigproofError(f"{message}{given}", where=place)


def _fields_at(model: type[BaseModel], location: Iterable[Any]) -> list[str]:
    models: list[type[BaseModel]] = [model]
    for step in location:
        fields = [inner.model_fields[step].annotation for inner in models if step in inner.model_fields]
        # A step that is no field is a key of a mapping or names a member of a union.
        models = [inner for annotation in fields for inner in _models_in(annotation)] or models
    return [field.alias or name for inner in models for name, field in inner.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for member in getattr(annotation, "__args__", ()):
        yield from _models_in(member)
