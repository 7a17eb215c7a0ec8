"""A generator function is a collector: its signature its configuration, its docstring its help, its file its name."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import date, datetime
from importlib.metadata import EntryPoint
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import Client, InvalidConfig, Review, Secret, Subject, collector
from collectors.configured import configure
from collectors.plugin import Collector, discover, interval, load


@collector(channel="site", every="15 minutes", home="https://store.acme.example")
def acme(
    client: Client,
    *,
    product: str,
    stars: int = 5,
    order: Literal["new", "old"] = "new",
    password: Secret | None = None,
    since: datetime | None = None,
) -> Iterator[Review]:
    """Yield one product's reviews,
    newest first.

    Args:
        product: Acme's slug, as in
            ``/products/<slug>``.
        stars: How many at most.
        since: Inclusive.

    Returns nothing else.
    """
    del client, since, order, password
    yield Review(source="acme", subject=Subject(id=product), text="x" * stars)


ALL = {"acme": acme}


def test_a_collector_is_a_function_with_its_configuration_read_from_its_signature():
    assert (acme.name, acme.channel, acme.every, acme.home) == ("acme", "site", 900.0, "https://store.acme.example")
    assert acme.takes == {"client", "since"}
    assert acme.summary == "Yield one product's reviews, newest first."
    assert {parameter.name: (parameter.required, parameter.help) for parameter in acme.parameters} == {
        "product": (True, "Acme's slug, as in ``/products/<slug>``."),
        "stars": (False, "How many at most."),
        "order": (False, ""),
        "password": (False, ""),
    }
    assert [review.text for review in acme(None, product="p", stars=2)] == ["xx"]


def test_types_are_named_in_words():
    @collector(channel="site")
    def many(
        *,
        one: str | None = None,
        two: tuple[str, ...] = (),
        three: str | list[int] = "",
        four: dict[str, str] | None = None,
        five: Literal["a", "b"] = "a",
        six: bool = False,
        seven: date | None = None,
    ):
        """Yield nothing."""
        yield one, two, three, four, five, six, seven

    names = ["text", "list of texts", "text or list of whole numbers", "table", "a or b", "true or false", "date"]
    assert [parameter.type_name for parameter in many.parameters] == names


def test_configuration_is_converted_to_the_types_of_the_signature():
    source = configure("acme", {"product": "p", "stars": "3", "every": "1 hour", "client": {"delay": 2}}, ALL)
    assert source.options == {"product": "p", "stars": 3}
    assert (source.every, source.manners.delay) == (3600.0, 2.0)
    named = configure("north", {"collector": "acme", "product": "p", "password": Secret("s")}, ALL)
    assert (named.name, named.collector.name) == ("north", "acme")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, r'source acme: product: missing; add product = "…" \(Acme'),
        ({"product": 3}, r"product: Expected `str`, got `int`; write product"),
        ({"product": "p", "order": "odd"}, r"order: Invalid enum value 'odd'"),
        ({"product": "p", "colour": "red"}, "colour: not an option of acme; it has order, password, product, stars"),
        ({"product": "p", "password": "plain"}, r"does not stand in the configuration; write password = \{ env = "),
        ({"product": "p", "every": "soon"}, "'soon' is no span of time; write it as in '15 minutes'"),
        ({"product": "p", "every": 0}, "more than nothing"),
        ({"product": "p", "client": {"speed": 1}}, "client has no speed; it has contact"),
        ({"product": "p", "client": {"delay": "x"}}, "client: Expected `float`"),
        ({"collector": "none"}, "there is no collector 'none'; choose one of acme"),
    ],
)
def test_mistakes_in_the_configuration_say_what_to_write(table, message):
    with pytest.raises(InvalidConfig, match=message):
        configure("acme", table, ALL)


def test_a_secret_does_not_show_itself():
    assert "hidden" not in repr({"password": Secret("hidden")})
    assert Secret("hidden") == "hidden"


def test_what_is_no_collector_is_told_so():
    with pytest.raises(InvalidConfig, match="must yield"):
        collector(channel="site")(lambda client: [])
    with pytest.raises(InvalidConfig, match=r"write a \* before product"):

        @collector(channel="site")
        def positional(client, product: str):
            yield product

    with pytest.raises(InvalidConfig, match="product needs a type"):

        @collector(channel="site")
        def untyped(client, *, product):
            yield product


@given(st.integers(1, 10_000), st.sampled_from(["second", "minute", "hour", "day", "week"]), st.booleans())
def test_spans_of_time_are_read(number, unit, plural):
    length = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}[unit]
    if number * length < 10 * 365 * 86400:
        assert interval(f"{number} {unit}{'s' if plural else ''}") == number * length
        assert interval(str(number)) == interval(number) == number
    assert interval(unit) == length


@given(st.text(max_size=50))
def test_any_other_text_is_no_span_of_time(text):
    with contextlib.suppress(InvalidConfig):
        assert interval(text) > 0


def test_the_sources_that_are_shipped_are_found_under_the_names_of_their_files():
    found = discover()
    assert {"files", "form", "reviews", "sms"} <= set(found.collectors)
    assert found.problems == ()
    for name, one in found.collectors.items():
        assert one.name == name == one.function.__module__.rpartition(".")[2]
        assert one.summary
        assert all(parameter.help for parameter in one.parameters), f"{name}: an argument is not documented"


def test_a_plug_in_whose_file_and_function_differ_is_refused(tmp_path, monkeypatch):
    (tmp_path / "some_shop.py").write_text(
        "from collectors import collector\n@collector(channel='site')\ndef other(client):\n    yield\n"
    )
    (tmp_path / "good_shop.py").write_text(
        "from collectors import collector\n@collector(channel='site')\ndef good_shop(client):\n    yield\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert isinstance(load("good_shop"), Collector)
    with pytest.raises(InvalidConfig, match="write a function called some_shop"):
        load("some_shop")
    for name in ("some_shop", "good_shop"):
        sys.modules.pop(name)


def test_a_broken_plug_in_is_named_and_does_not_stop_the_others(tmp_path, monkeypatch):
    (tmp_path / "broken_shop.py").write_text("raise RuntimeError('no such library')\n")
    (tmp_path / "files.py").write_text(
        "from collectors import collector\n@collector(channel='site')\ndef files(client):\n    yield\n"
    )
    (tmp_path / "fine_shop.py").write_text(
        "from collectors import collector\n@collector(channel='site')\ndef fine_shop(client):\n    yield\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    points = [
        EntryPoint("broken_shop", "broken_shop", "molva.sources"),
        EntryPoint("fine_shop", "fine_shop:fine_shop", "molva.sources"),
        EntryPoint("files", "files", "molva.sources"),
    ]
    monkeypatch.setattr("collectors.plugin.entry_points", lambda group: points)
    found = discover()
    assert "fine_shop" in found.collectors
    assert found.collectors["files"].channel == "file"
    assert any("no such library" in problem for problem in found.problems)
    assert any("already a collector called files" in problem for problem in found.problems)
    for name in ("broken_shop", "fine_shop", "files"):
        sys.modules.pop(name, None)
