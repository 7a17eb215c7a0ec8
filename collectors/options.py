"""A collector's configuration, read from its signature and docstring: names, types, defaults, help.

Nothing else describes a collector, so ``--help``, the documents and the check of molva.toml cannot disagree.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from collectors.errors import InvalidConfig

GIVEN = frozenset({"client", "received", "since", "source", "cursor", "progress", "hashed"})
"""Parameters that the runner fills in; all others are configuration."""


class Secret(str):
    """A configuration value that must not stand in a file that is shown to others; hides itself from logs."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"


class Parameter(msgspec.Struct, frozen=True):
    """One configuration value of a collector."""

    name: str
    type: Any
    help: str
    required: bool
    default: Any = None

    @property
    def type_name(self) -> str:
        """The type in words for ``--help``."""
        return _type_name(self.type)

    @property
    def example(self) -> str:
        """What to write into molva.toml."""
        if is_secret(self.type):
            return f'{self.name} = {{ env = "MOLVA_{self.name.upper()}" }}'
        samples: dict[Any, str] = {int: "1", float: "1.0", bool: "true", str: '"…"'}
        return f"{self.name} = {samples.get(self.type, '…')} ({self.help or self.type_name})"


def read(function: Callable[..., Any], doc: str) -> tuple[tuple[Parameter, ...], frozenset[str]]:
    """The configuration of a collector function, and which of ``GIVEN`` it takes; raises InvalidConfig.

    Args:
        function: The function.
        doc: Its docstring, whose Args section has the help.
    """
    name = function.__name__
    helps = _argument_help(doc)
    hints = get_type_hints(function)
    parameters = []
    takes = set()
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in GIVEN:
            takes.add(parameter.name)
            continue
        if parameter.kind is not parameter.KEYWORD_ONLY:
            raise InvalidConfig(f"{name}: write a * before {parameter.name}: configuration is given by name")
        if parameter.name not in hints:
            raise InvalidConfig(f"{name}: {parameter.name} needs a type, as in {parameter.name}: str")
        required = parameter.default is parameter.empty
        parameters.append(
            Parameter(
                name=parameter.name,
                type=hints[parameter.name],
                help=helps.get(parameter.name, ""),
                required=required,
                default=None if required else parameter.default,
            )
        )
    return tuple(parameters), frozenset(takes)


def _argument_help(doc: str) -> dict[str, str]:
    """What the docstring's Args section says of each argument."""
    _, _, section = doc.partition("Args:\n")
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        head = re.match(r"    (\w{1,80}):\s?(.*)", line)
        if head:
            name = head[1]
            found[name] = head[2]
        elif line.startswith("     ") and name:
            found[name] += " " + line.strip()
        elif line.strip():
            break
    return found


def convert(value: Any, parameter: Parameter) -> Any:
    """A value of the configuration in the parameter's type; raises InvalidConfig with what to write instead."""
    if is_secret(parameter.type):
        if isinstance(value, Secret):
            return value
        raise InvalidConfig(
            f"a secret does not stand in the configuration; write {parameter.name} = {{ env = "
            f'"MOLVA_{parameter.name.upper()}" }} or {{ file = "/run/secrets/{parameter.name}" }}'
        )
    try:
        return msgspec.convert(value, parameter.type, strict=False)
    except (msgspec.ValidationError, TypeError) as error:
        raise InvalidConfig(f"{error}; write {parameter.example}") from None


def is_secret(wanted: Any) -> bool:
    """Whether a parameter of this type must not stand in the configuration in plain."""
    return wanted is Secret or Secret in getattr(wanted, "__args__", ())


_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", NoneType: ""}


def _type_name(wanted: Any) -> str:
    """The type as a person says it: "text", "list of texts", "twilio or vonage"."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return " or ".join(str(value) for value in inner)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(name for name in map(_type_name, inner) if name))
    if origin in (list, tuple, set, frozenset):
        return f"list of {_type_name(inner[0])}s" if inner else "list"
    if origin is dict or (isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)):
        return "table"
    return _WORDS.get(wanted, getattr(wanted, "__name__", str(wanted)).lower())
