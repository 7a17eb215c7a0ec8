"""State in the forms of frameworks: Nuxt's functions and flat lists, Next's rows, Apollo's references.

Each function takes what stands in a script (or a value already read) and gives plain values; none raises, and what is
no such form comes back as it was or as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.platforms.page import loose_json

_FUNCTION = re.compile(r"=\s{0,5}\(?function\(([\w$,\s]{0,20000})\)\s{0,5}\{")
_RETURN = re.compile(r"\breturn\s{0,5}(?=[{\[])")
_CALL = re.compile(r"\}\)?\(")
_END = re.compile(r"\){1,2}\s{0,5};?\s{0,20}\Z")
_ROW = re.compile(r"^[0-9a-f]{1,6}:(?=[\[{])", re.MULTILINE)
_PUSHED = re.compile(r"__next_f\.push\(\s{0,5}(?=\[)")
_WRAPPERS = frozenset(
    {"Reactive", "ShallowReactive", "Ref", "ShallowRef", "EmptyRef", "EmptyShallowRef", "Date", "Set"}
)
_MAX_WALK = 200_000


def called(text: str) -> Iterator[Any]:
    """The value that ``__NUXT__=(function(a,b){return {…}}(null,"x"))`` gives: arguments stand where names were."""
    for found in list(_FUNCTION.finditer(text))[:5]:
        start = _RETURN.search(text, found.end())
        if start is None:
            continue
        value = loose_json.value_at(text, start.end())
        call = list(_CALL.finditer(text, start.end()))
        names = [name.strip() for name in found.group(1).split(",") if name.strip()]
        passed = loose_json.value_at(f"[{_END.sub('', text[call[-1].end() :])}]", 0) if call and names else []
        known = dict(zip(names, passed if isinstance(passed, list) else [], strict=False))
        yield _filled(value, known) if known else value


def _filled(value: Any, known: dict[str, Any]) -> Any:
    """*value* with every bare name replaced by what was passed under it."""
    holder = [value]
    work: list[Any] = [holder]
    steps = 0
    while work and steps < _MAX_WALK:
        steps += 1
        inner = work.pop()
        for key, item in list(inner.items() if isinstance(inner, dict) else enumerate(inner)):
            if isinstance(item, str) and item in known:
                inner[key] = known[item]
            elif isinstance(item, dict | list):
                work.append(item)
    return holder[0]


def rows(scripts: list[str]) -> Iterator[Any]:
    """The values in Next's stream, ``self.__next_f.push([1,"5:[…]"])``: a row a line, cut anywhere."""
    chunks = []
    for text in scripts:
        for found in _PUSHED.finditer(text):
            pushed = loose_json.value_at(text, found.end())
            if isinstance(pushed, list) and len(pushed) > 1 and isinstance(pushed[1], str):
                chunks.append(pushed[1])
    stream = "".join(chunks)
    for found in _ROW.finditer(stream):
        yield loose_json.value_at(stream, found.end())


def unflattened(flat: Any) -> Any:
    """The value of a list in which objects hold the places of their parts (Nuxt 3, ``devalue``); others as they are."""
    if not _is_flat(flat):
        return flat
    made: list[Any] = [{} if isinstance(item, dict) else [] if isinstance(item, list) else item for item in flat]
    for item, whole in zip(flat, made, strict=True):
        if isinstance(item, dict):
            whole.update({key: _at(place, flat, made) for key, place in item.items()})
        elif isinstance(item, list) and not (item and isinstance(item[0], str)):
            whole.extend(_at(place, flat, made) for place in item)
    return _at(0, flat, made)


def _is_flat(value: Any) -> bool:
    """Whether the first of a list's items says nothing but where in the list its parts are."""
    if not (isinstance(value, list) and len(value) > 2 and isinstance(value[0], list | dict)):
        return False
    parts = list(value[0].values()) if isinstance(value[0], dict) else value[0][1:]
    return bool(parts) and all(type(part) is int and -10 < part < len(value) for part in parts)


def _at(place: Any, flat: list[Any], made: list[Any]) -> Any:
    """What stands at a place, out of its wrappers."""
    for _ in range(5):  # a wrapper may hold a wrapper
        if not (isinstance(place, int) and 0 <= place < len(flat)):
            return None
        item = flat[place]
        if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and item[0] in _WRAPPERS):
            return made[place]
        if item[0] == "Date":
            return item[1]
        place = item[1]
    return None


def referenced(state: Any) -> Any:
    """An Apollo cache with ``{"__ref": "User:1"}`` replaced by the plain fields of what stands under that key."""
    if not isinstance(state, dict):
        return state
    work: list[Any] = [state]
    steps = 0
    while work and steps < _MAX_WALK:
        steps += 1
        inner = work.pop()
        for key, item in list(inner.items() if isinstance(inner, dict) else enumerate(inner)):
            target = state.get(item.get("__ref")) if isinstance(item, dict) and len(item) == 1 else None
            if isinstance(target, dict):
                inner[key] = {name: field for name, field in target.items() if not isinstance(field, dict | list)}
            elif isinstance(item, dict | list):
                work.append(item)
    return state
