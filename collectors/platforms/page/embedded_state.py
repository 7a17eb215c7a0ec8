"""Reviews in the state that a page carries for its own scripts, when its markup has none.

``__NEXT_DATA__``, ``window.__INITIAL_STATE__ = …``, ``__NUXT__``, ``__APOLLO_STATE__`` and JSON in data scripts are all
searched alike: for lists (or maps) of objects whose keys and values look like reviews, whatever the shop calls them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collectors.platforms.page import dates, ratings
from collectors.platforms.page.model import MAX_LINE, MAX_REVIEWS, Notes, ReviewData
from collectors.platforms.page.nodes import many, words
from collectors.platforms.page.script_state import lists, states
from collectors.platforms.page.tree import Element, absolute, one_line

_KEYS: dict[str, tuple[str, ...]] = {
    field: tuple(names.split())
    for field, names in {
        "text": (
            "reviewbody reviewtext text body content comment message description review reviewcontent "
            "usercomment fulltext snippet opinion"
        ),
        "rating": (
            "rating score stars ratingvalue overallrating starrating rate reviewrating grade mark "
            "productvaluation overall evaluation value"
        ),
        "title": "title headline subject reviewtitle summary heading",
        "author": (
            "author authorname user username usernickname nickname reviewer reviewername displayname "
            "consumer customer customername wbuserdetails profile name createdby"
        ),
        "date": (
            "date datepublished createdat created submissiontime publishedat publisheddate createddate "
            "createdon updatedat reviewdate datecreated timestamp time dates submittedat "
            "publicationdate addeddate posteddate postedat createtime createdtime creationdate addtime commenttime "
            "reviewtime postdate pubdate reviewcreatedat reviewedat dateadded addedat"
        ),
        "id": "id reviewid uuid guid _id uid",
        "pros": "pros advantages pro dignity positive positivecomment liked likes",
        "cons": "cons disadvantages contra shortcomings negative negativecomment disliked dislikes",
        "reply": (
            "reply answer response officialanswer businesscomment merchantreply companyreply "
            "ownerresponse replies responses answers reviewreply"
        ),
        "language": "language lang locale contentlocale",
        "url": "url reviewurl permalink link",
        "verified": (
            "verified isverified verifiedbuyer verifiedpurchase isverifiedbuyer badge_verified verifiedpurchaser"
        ),
    }.items()
}
_NOT_REVIEWS = frozenset(
    {
        "price",
        "pricevalue",
        "saleprice",
        "sku",
        "offers",
        "slug",
        "ingredients",
        "variants",
        "salepriceu",
        "currency",
        "latitude",
    }
)


def read(root: Element, *, now: datetime, base: str | None, notes: Notes) -> list[ReviewData]:
    """The reviews of the likeliest list in the page's scripts; none when nothing looks like reviews."""
    best: tuple[float, list[ReviewData]] = (0.0, [])
    for state in states(root):
        for rows in lists(state):
            found = [review for row in rows[:MAX_REVIEWS] if (review := _review(row, now, base, notes))]
            worth = sum(_worth(review) for review in found)
            if worth > best[0] and len(found) * 2 >= len(rows):
                best = (worth, found)
    tops = {review["rating"]["best"] for review in best[1] if "rating" in review}
    for review in best[1] if len(tops) > 1 else ():
        # Each row alone took the smallest scale that holds its rating; the list has one scale.
        if "rating" in review:
            review["rating"] = {**review["rating"], "best": max(tops), "worst": 0.0 if max(tops) > 10 else 1.0}
    return best[1]


def _review(row: Mapping[str, Any], now: datetime, base: str | None, notes: Notes) -> ReviewData | None:
    keys = {re.sub(r"[^a-z_а-яё]", "", str(key).lower()).replace("_", ""): value for key, value in row.items()}
    if len(keys.keys() & _NOT_REVIEWS) >= 2:
        return None
    # Many shops put the words into an object of their own: {"text": {"comment": …, "positive": …}}.
    for value in [
        value
        for key, value in keys.items()
        if key in ("text", "content", "review", "body", "comment") and isinstance(value, dict)
    ]:
        for key, inner in value.items():
            keys.setdefault(re.sub(r"[^a-z]", "", str(key).lower()), inner)
    text, title = _text(keys, "text"), one_line(_text(keys, "title"))
    pros, cons = _text(keys, "pros"), _text(keys, "cons")
    rating = _rating(keys, notes)
    moment = _moment(keys, now)
    author = _author(keys)
    if not (text or pros or cons) or (rating is None and not _named_review(row)) or (moment is None and not author):
        return None
    fields: dict[str, Any] = {
        "id": one_line(next((words(keys[key]) for key in _KEYS["id"] if isinstance(keys.get(key), str | int)), "")),
        "url": absolute(
            words(next((keys[key] for key in _KEYS["url"] if isinstance(keys.get(key), str)), ""), MAX_LINE), base
        ),
        "author": {"name": author} if author else None,
        "rating": rating,
        "title": title if title != text else "",
        "text": text,
        "pros": pros,
        "cons": cons,
        "language": one_line(
            next(
                (keys[key] for key in _KEYS["language"] if isinstance(keys.get(key), str) and len(keys[key]) <= 12), ""
            ),
            12,
        ),
        "published_at": dates.iso(moment) if moment else None,
        "verified": any(keys.get(key) is True for key in _KEYS["verified"]),
        "reply": _reply(keys, now),
    }
    return {name: value for name, value in fields.items() if value}


def _named_review(row: Mapping[str, Any]) -> bool:
    return "review" in str(row.get("__typename", "")).lower() or any("review" in str(key).lower() for key in row)


def _text(keys: Mapping[str, Any], field: str) -> str:
    for key in _KEYS[field]:
        value = keys.get(key)
        if isinstance(value, str) and value.strip() and not value.startswith(("http://", "https://")):
            return words(value)
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return "\n".join(words(item) for item in value[:100])
    return ""


def _rating(keys: Mapping[str, Any], notes: Notes) -> dict[str, float] | None:
    for key in _KEYS["rating"]:
        value = keys.get(key)
        if isinstance(value, dict):
            held = {str(name).lower(): item for name, item in value.items()}
            amount = next(
                (
                    held[name]
                    for name in ("value", "ratingvalue", "overall", "rating", "stars", "score")
                    if held.get(name) is not None
                ),
                None,
            )
            best = next(
                (
                    held[name]
                    for name in ("best", "max", "range", "bestrating", "maxvalue")
                    if held.get(name) is not None
                ),
                None,
            )
        else:
            amount, best = (
                value,
                next((keys[name] for name in ("bestrating", "ratingrange", "maxrating") if keys.get(name)), None),
            )
        if isinstance(amount, str | int | float) and not isinstance(amount, bool):
            number = ratings.number(amount)
            if number is not None and 0 < number <= 100:
                return ratings.rating(amount, best, None, notes)
    return None


def _moment(keys: Mapping[str, Any], now: datetime) -> datetime | None:
    for key in _KEYS["date"]:
        value = keys.get(key)
        if isinstance(value, dict):
            held = {str(name).lower(): item for name, item in value.items()}
            value = next(
                (
                    held[name]
                    for name in (
                        "publisheddate",
                        "published",
                        "created",
                        "createdat",
                        "date",
                        "iso",
                        "value",
                        "seconds",
                    )
                    if held.get(name)
                ),
                None,
            )
        moment = dates.parse(value if isinstance(value, int | float) else words(value, 100), now=now)
        if moment and moment <= now.replace(year=now.year + 1, day=min(now.day, 28)):
            return moment
    return None


def _author(keys: Mapping[str, Any]) -> str:
    for key in _KEYS["author"]:
        value = keys.get(key)
        if isinstance(value, dict):
            held = {str(name).lower().replace("_", ""): item for name, item in value.items()}
            value = next(
                (
                    held[name]
                    for name in ("displayname", "name", "nickname", "username", "fullname", "firstname", "login")
                    if isinstance(held.get(name), str)
                ),
                "",
            )
        if isinstance(value, str) and 0 < len(value.strip()) <= 100 and not value.startswith("http"):
            return one_line(words(value, 200), 100)
    return ""


def _reply(keys: Mapping[str, Any], now: datetime) -> dict[str, str] | None:
    for key in _KEYS["reply"]:
        for value in many(keys.get(key))[:1]:
            if isinstance(value, str) and len(value.strip()) >= 5 and not value.startswith("http"):
                return {"text": words(value)}
            if isinstance(value, dict):
                held = {re.sub(r"[^a-z]", "", str(name).lower()): item for name, item in value.items()}
                text = _text(held, "text")
                if text:
                    moment = _moment(held, now)
                    reply = {"text": text, "author": _author(held), "at": dates.iso(moment) if moment else ""}
                    return {name: item for name, item in reply.items() if item}
    return None


def _worth(review: ReviewData) -> float:
    """How much of a review it is: the list with the most of it is the page's."""
    return 1.0 + ("rating" in review) + 0.5 * ("published_at" in review) + 0.5 * ("author" in review)
