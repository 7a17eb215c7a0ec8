"""Each hole in Faust shows in its own method and is closed by ours; when Faust closes one, its first test fails."""

from __future__ import annotations

import asyncio
import inspect
from collections import defaultdict
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.errors import UnknownTopicOrPartitionError
from faust.types import TP

from streams.worker import fixes
from streams.worker.deliveries import STOCK as STOCK_COMMIT
from streams.worker.deliveries import Deliveries

ORDERS, CHANGELOG = TP("orders", 0), TP("changelog", 0)


# --- 1. an emptied set of active partitions


class Fetcher:
    """aiokafka's fetcher in the one respect that matters: no partitions named means all of them."""

    _closed = False

    def __init__(self, active):
        self._subscriptions = SimpleNamespace(fetch_context=_Nothing)
        self.active = active

    async def fetched_records(self, partitions, *, timeout, max_records):  # noqa: ASYNC109 - aiokafka's shape
        self.active.clear()  # the rebalance comes while the fetch waits
        named = set(partitions) or {ORDERS, CHANGELOG}
        return {tp: ["record"] for tp in named}


class _Nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


async def fetch(method, active):
    thread = SimpleNamespace(consumer=SimpleNamespace(flow_active=True))
    consumer = SimpleNamespace(_fetcher=Fetcher(active), _closed=False)
    return set(await method(thread, consumer, active, timeout=0.1))


@pytest.mark.parametrize(
    ("method", "of_none", "of_one"),
    [
        (fixes.STOCK["fetch_records"], {ORDERS, CHANGELOG}, {ORDERS, CHANGELOG}),
        (fixes.fetch_records, set(), {ORDERS}),
    ],
    ids=["stock", "fixed"],
)
def test_hole_1_nothing_active_is_not_everything(method, of_none, of_one):
    assert asyncio.run(fetch(method, set())) == of_none
    assert asyncio.run(fetch(method, {ORDERS})) == of_one


# --- 2. partitions resumed before the seek


class Recovering:
    """A consumer that notes in which order a recovery ends."""

    def __init__(self):
        self.done = []

    def assignment(self):
        return {ORDERS}

    def resume_partitions(self, tps):
        self.done.append("resume partitions")

    def resume_flow(self):
        self.done.append("resume flow")

    async def perform_seek(self):
        self.done.append("seek")


async def recover(method):
    consumer = Recovering()

    async def nothing(*_args, **_named):
        return None

    app = SimpleNamespace(
        consumer=consumer,
        consumer_generation_id=1,
        on_rebalance_complete=SimpleNamespace(send=nothing),
        conf=SimpleNamespace(broker_request_timeout=1),
        flow_control=SimpleNamespace(resume=lambda: None),
        _fetcher=SimpleNamespace(maybe_start=nothing),
        on_rebalance_end=lambda: None,
        assignor=SimpleNamespace(assigned_standbys=set),
    )
    tables = SimpleNamespace(values=list, on_actives_ready=lambda: None, on_standbys_ready=lambda: None)
    recovery = SimpleNamespace(
        app=app,
        tables=tables,
        log=SimpleNamespace(info=print, dev=print, warning=print),
        completed=asyncio.Event(),
        _set_recovery_ended=lambda: None,
        _is_changelog_tp=lambda tp: tp == CHANGELOG,
        _wait=lambda coroutine, timeout: coroutine,
    )
    await method(recovery, 1)
    return consumer.done


@pytest.mark.parametrize("name", ["on_recovery_completed", "resume_streams"])
def test_hole_2_nothing_is_resumed_before_the_seek(name):
    stock = fixes.STOCK[name]
    assert asyncio.run(recover(stock)) == ["resume partitions", "seek", "resume flow"]
    assert asyncio.run(recover(fixes.resume_last(stock))) == ["seek", "resume partitions", "resume flow"]


# --- 3. and 4. a fetch, and a message, that a rebalance overtakes


class Polling:
    """A consumer in the middle of a poll, with the methods under test."""

    def __init__(self, *, rebalance_in_fetch=False):
        self.app = SimpleNamespace(
            consumer_generation_id=1,
            in_recovery=False,
            client_only=False,
            monitor=SimpleNamespace(track_tp_end_offset=lambda *_: None),
        )
        self.log = SimpleNamespace(dev=print, warning=print)
        self.flow_active, self.should_stop = True, False
        self.can_resume_flow, self.suspend_flow = asyncio.Event(), asyncio.Event()
        self.not_waiting_next_records = asyncio.Event()
        self.scheduler = SimpleNamespace(iterate=self._iterate)
        self._buffered_partitions = set()
        self._read_offset = defaultdict(lambda: None)
        self.rebalance_in_fetch = rebalance_in_fetch
        self.seeks = 0
        self.flows = True

    def use(self, **methods):
        for name, method in methods.items():
            setattr(self, name, method.__get__(self))
        return self

    @staticmethod
    def _iterate(records):
        return ((tp, record) for tp, found in records.items() for record in found)

    @staticmethod
    def _to_message(_tp, record):
        return record

    def _is_changelog_tp(self, tp):
        return tp == CHANGELOG

    def _get_active_partitions(self):
        return {ORDERS, CHANGELOG}

    def highwater(self, _tp):
        return 10

    async def _getmany(self, active_partitions, timeout):  # noqa: ASYNC109 - Faust's shape
        if self.rebalance_in_fetch:
            await rebalance(self)
        return {ORDERS: ["old"], CHANGELOG: ["row"]}

    async def perform_seek(self):
        self.seeks += 1


async def rebalance(consumer):
    """What a rebalance does to a consumer: the flow stops, a generation begins, the seek resets, the flow goes on."""
    consumer.stop_flow()
    consumer.app.consumer_generation_id += 1
    consumer._read_offset[ORDERS] = 3
    consumer.flow_active = consumer.flows


STOCK = {
    "stop_flow": fixes.STOCK["stop_flow"],
    "_wait_next_records": fixes.STOCK["wait_next_records"],
    "getmany": fixes.STOCK["getmany"],
}
FIXED = {"stop_flow": fixes.stop_flow, "_wait_next_records": fixes.wait_next_records, "getmany": fixes.getmany}


@pytest.mark.parametrize(("methods", "kept", "seeks"), [(STOCK, {ORDERS, CHANGELOG}, 0), (FIXED, {CHANGELOG}, 1)])
@pytest.mark.parametrize("flows", [True, False])
def test_hole_3_a_fetch_from_before_a_rebalance_is_dropped_and_sought_again(methods, kept, seeks, flows):
    async def poll():
        consumer = Polling(rebalance_in_fetch=True).use(**methods)
        consumer.flows = flows
        records, _active = await consumer._wait_next_records(0.1)
        assert consumer.seeks == 0
        consumer.rebalance_in_fetch, consumer.flow_active = False, True  # the recovery, and its seek, are over
        await consumer._wait_next_records(0.1)
        return set(records), consumer.seeks

    assert asyncio.run(poll()) == (kept, seeks)


def test_hole_3_a_fetch_without_a_rebalance_is_kept():
    async def poll():
        consumer = Polling().use(**FIXED)
        records, _active = await consumer._wait_next_records(0.1)
        return set(records), consumer.seeks

    assert asyncio.run(poll()) == ({ORDERS, CHANGELOG}, 0)


@pytest.mark.parametrize(("methods", "read"), [(STOCK, 9), (FIXED, None)])
def test_hole_4_a_message_delivered_over_a_rebalance_does_not_hide_those_below_it(methods, read):
    async def deliver():
        consumer = Polling().use(**methods)
        async for tp, _message in consumer.getmany(0.1):
            if tp == ORDERS:
                await rebalance(consumer)
                consumer._read_offset[tp] = 9  # what Faust's reader stores when the delivery returns
        return consumer._read_offset[ORDERS]

    assert asyncio.run(deliver()) == read


def test_a_rebalance_that_ends_with_the_same_generation_is_noticed():
    async def poll():
        consumer = Polling(rebalance_in_fetch=True).use(**FIXED)
        records, _active = await consumer._wait_next_records(0.1)
        consumer.app.consumer_generation_id = 1
        return set(records)

    assert asyncio.run(poll()) == {CHANGELOG}


# --- 5. a partition that was never committed


class Assigned:
    """aiokafka's consumer, as far as its own seek goes."""

    seek_to_committed = AIOKafkaConsumer.seek_to_committed

    def __init__(self, committed):
        self.known, self.sought = committed, {}
        self._subscription = SimpleNamespace(assigned_partitions=lambda: set(committed))
        self._fetcher = SimpleNamespace(seek_to=self.sought.__setitem__)

    async def committed(self, tp):
        return self.known[tp]

    async def seek_to_beginning(self, *tps):
        self.sought.update(dict.fromkeys(tps, "beginning"))


@pytest.mark.parametrize(
    ("method", "wanted"),
    [
        (fixes.STOCK["seek_to_committed"], {TopicPartition("orders", 1): 7}),
        (
            fixes.seek_to_committed,
            {TopicPartition("orders", 0): "beginning", TopicPartition("orders", 1): 7},
        ),
    ],
    ids=["stock", "fixed"],
)
def test_hole_5_what_was_never_committed_is_read_from_its_beginning(method, wanted):
    committed = {
        TopicPartition("orders", 0): None,
        TopicPartition("orders", 1): 7,
        TopicPartition("changelog", 0): None,
    }
    consumer = Assigned(committed)

    async def call(function, *args):
        return await function(*args)

    thread = SimpleNamespace(
        _ensure_consumer=lambda: consumer,
        call_thread=call,
        seek_to_beginning=consumer.seek_to_beginning,
        consumer=SimpleNamespace(_is_changelog_tp=lambda tp: tp.topic == "changelog"),
    )
    assert asyncio.run(method(thread)) == committed
    assert consumer.sought == wanted


# --- 6. a topic that the assigning member does not know yet


class Assigning:
    """aiokafka's coordinator of a leader: it learns of the changelog with its second look."""

    def __init__(self, looks=2):
        self.looks, self.given = looks, None
        self._cluster = SimpleNamespace(partitions_for_topic=lambda name: name == "orders" or self.looks <= 0)
        self._client = SimpleNamespace(
            set_topics=lambda _: None, _maybe_wait_metadata=self._look, force_metadata_update=self._look
        )
        self._subscription = SimpleNamespace(subscribed_pattern=None)
        self.group_id = "workers"

    async def _look(self):
        self.looks -= 1

    def _lookup_assignor(self, _name):
        return SimpleNamespace(name="faust", assign=self._assign)

    def _assign(self, cluster, members):
        topics = {name for member in members.values() for name in member.subscription}
        return {name for name in topics if cluster.partitions_for_topic(name)}

    def _get_metadata_snapshot(self):
        return {}


def joined():
    metadata = ConsumerProtocolMemberMetadata(0, ["orders", "changelog"], b"").encode()
    return SimpleNamespace(group_protocol="faust", API_VERSION=5, members=[("member", None, metadata)])


@pytest.mark.parametrize(
    ("method", "given"),
    [(fixes.STOCK["perform_assignment"], {"orders"}), (fixes.perform_assignment, {"orders", "changelog"})],
    ids=["stock", "fixed"],
)
def test_hole_6_no_partition_is_given_away_without_its_changelog(method, given):
    assert asyncio.run(method(Assigning(), joined())) == given


def test_hole_6_an_unknown_topic_is_no_assignment(monkeypatch):
    monkeypatch.setattr(fixes, "PATIENCE", 0.3)
    with pytest.raises(UnknownTopicOrPartitionError, match="without changelog"):
        asyncio.run(fixes.perform_assignment(Assigning(looks=10**6), joined()))


# --- a commit must not overtake the records that its events caused


def test_deliveries_are_settled_when_each_was_answered_for():
    async def deliver():
        failed, landed = [], []
        deliveries = Deliveries(failed.append)
        loop = asyncio.get_running_loop()
        first, second, third = loop.create_future(), loop.create_future(), loop.create_future()
        deliveries.add(first, landed.append)
        deliveries.add(second)
        settled = asyncio.ensure_future(deliveries.settled())
        await asyncio.sleep(0)
        deliveries.add(third)
        first.set_result("at 7")
        await asyncio.sleep(0)
        assert not settled.done()
        second.set_exception(OSError("gone"))
        await asyncio.wait_for(settled, 1)
        assert len(deliveries) == 1, "one that came later is not waited for"
        return landed, [str(error) for error in failed]

    assert asyncio.run(deliver()) == (["at 7"], ["gone"])


def test_what_the_fixes_replace_has_the_form_that_they_expect():
    assert list(inspect.signature(STOCK_COMMIT["commit_offsets"]).parameters) == [
        "self",
        "offsets",
        "start_new_transaction",
    ]
    assert list(inspect.signature(fixes.STOCK["fetch_records"]).parameters) == list(
        inspect.signature(fixes.fetch_records).parameters
    )
    assert list(inspect.signature(fixes.STOCK["wait_next_records"]).parameters) == ["self", "timeout"]
