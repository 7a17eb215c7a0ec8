"""The page's words in English and Russian, and how each language writes numbers, dates and plurals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from console.labels import LABELS

LANGUAGES = ("en", "ru")

TEXTS: dict[str, tuple[str, str]] = {
    "search": ("Reviews", "Отзывы"),
    "subscriptions": ("Subscriptions", "Подписки"),
    "sources": ("Sources", "Источники"),
    "outbox": ("Letters", "Письма"),
    "skip": ("Skip to content", "К содержанию"),
    "language": ("Language", "Язык"),
    "query": ("Search reviews", "Поиск по отзывам"),
    "find": ("Search", "Найти"),
    "help": ("How to search", "Как искать"),
    "help_words": ("words in any order", "слова в любом порядке"),
    "help_phrase": ("the exact phrase", "точная фраза"),
    "help_fields": ("a field and its value", "поле и его значение"),
    "help_range": ("a range, also of dates", "диапазон, в том числе дат"),
    "help_not": ("all but these", "всё, кроме этого"),
    "help_wild": ("words that begin so", "слова с таким началом"),
    "filters": ("Filters", "Фильтры"),
    "active": ("Active filters", "Выбранные фильтры"),
    "remove_filter": ("Remove the filter", "Убрать фильтр"),
    "clear": ("Clear all", "Сбросить всё"),
    "sort": ("Sort by", "Сортировка"),
    "sort_-published_at": ("Newest first", "Сначала новые"),
    "sort_published_at": ("Oldest first", "Сначала старые"),
    "sort_-risk.score": ("Highest risk first", "Сначала рискованные"),
    "sort_stars": ("Lowest rating first", "Сначала низкие оценки"),
    "sort_-stars": ("Highest rating first", "Сначала высокие оценки"),
    "apply": ("Apply", "Применить"),
    "copies_too": ("Show syndicated copies", "Показывать перепосты автора"),
    "reviews": ("Reviews", "Отзывов"),
    "negative_share": ("Negative", "Негативных"),
    "mean": ("Mean rating", "Средняя оценка"),
    "trusted": ("Weighted by trust", "С учётом доверия"),
    "trend": ("Reviews over time", "Отзывы во времени"),
    "trend_all": ("not negative", "без негатива"),
    "trend_bad": ("negative", "негатив"),
    "as_table": ("As a table", "Таблицей"),
    "period": ("From", "С даты"),
    "nothing": ("No review matches.", "Ничего не найдено."),
    "nothing_hint": ("Remove a filter or a word.", "Уберите фильтр или слово."),
    "empty": ("Nothing was collected yet.", "Пока ничего не собрано."),
    "empty_hint": (
        "Add a source to molva.toml and run `molva run`.",
        "Добавьте источник в molva.toml и запустите `molva run`.",
    ),
    "more": ("Next page", "Следующая страница"),
    "whole": ("Read on", "Читать дальше"),
    "anonymous": ("Anonymous", "Аноним"),
    "negative": ("Negative", "Негатив"),
    "no_rating": ("No rating", "Без оценки"),
    "level_low": ("Low risk", "Низкий риск"),
    "level_medium": ("Suspicious", "Подозрительно"),
    "level_high": ("High risk", "Высокий риск"),
    "level_insufficient": ("Too little to judge", "Мало данных"),
    "trust": ("How far to trust it", "Насколько ему верить"),
    "risk_is": ("Risk of being fake", "Риск подделки"),
    "fake_low": ("Low risk of being fake", "Низкий риск подделки"),
    "fake_medium": ("Suspicious: it may be fake", "Подозрительно: возможна подделка"),
    "fake_high": ("High risk of being fake", "Высокий риск подделки"),
    "fake_insufficient": ("Too little to judge whether it is fake", "Слишком мало данных, чтобы судить о подделке"),
    "levels": (
        "Hardly any genuine review reaches high risk. A suspicious one is worth a second look before you act on it.",
        "До высокого риска настоящие отзывы почти не доходят. Подозрительный стоит проверить, прежде чем действовать.",
    ),
    "base": ("Before any evidence", "До всех признаков"),
    "raises": ("raises the risk", "повышает риск"),
    "lowers": ("lowers the risk", "снижает риск"),
    "no_reasons": ("Nothing about it stands out.", "Ничего необычного."),
    "log_odds": (
        "Contributions are in log-odds: base and bars add up to the risk.",
        "Вклад указан в логарифмах шансов: основа и полосы вместе дают риск.",
    ),
    "copies": ("Nearly the same text", "Почти такой же текст"),
    "ring": ("Others who reviewed the same subjects, on this one", "Другие, кто писал о том же, — здесь"),
    "copied": ("Another author", "Другой автор"),
    "syndicated": ("The same author elsewhere", "Тот же автор в другом месте"),
    "earlier": ("earlier", "раньше"),
    "later": ("later", "позже"),
    "same_text": ("the same", "совпадает"),
    "history": ("Versions", "Версии"),
    "current": ("This is version", "Это версия"),
    "changed_on": ("changed after", "изменено после"),
    "pros": ("Liked", "Достоинства"),
    "cons": ("Disliked", "Недостатки"),
    "reply": ("Reply of the company", "Ответ компании"),
    "facts": ("Facts", "Сведения"),
    "aspects": ("What it is about", "О чём отзыв"),
    "requests": ("What it asks for", "О чём просит"),
    "legend": ("Marked in the text", "Отмечено в тексте"),
    "good": ("praise", "похвала"),
    "bad": ("complaint", "жалоба"),
    "request": ("request", "просьба"),
    "source": ("Source", "Источник"),
    "channel": ("Channel", "Канал"),
    "published_at": ("Published", "Опубликован"),
    "first_seen_at": ("First seen", "Впервые замечен"),
    "observed_at": ("Last change", "Последнее изменение"),
    "verification": ("Verification", "Проверка"),
    "sentiment": ("Negative by its text", "Негатив по тексту"),
    "raw": ("As JSON", "В виде JSON"),
    "withdrawn": ("The source no longer shows this review.", "Источник больше не показывает этот отзыв."),
    "back": ("Back to reviews", "К отзывам"),
    "add_subscription": ("New subscription", "Новая подписка"),
    "subscription_hint": (
        "A letter for every new review that matches, in seconds.",
        "Письмо о каждом новом подходящем отзыве, через секунды.",
    ),
    "address": ("E-mail address", "Адрес почты"),
    "letters_in": ("Letters in", "Язык писем"),
    "name": ("Name", "Название"),
    "query_label": ("Reviews that match", "Какие отзывы"),
    "preview": ("Count matches", "Посчитать"),
    "preview_said": ("of the last 30 days match", "за последние 30 дней подходит"),
    "add": ("Subscribe", "Подписаться"),
    "pause": ("Pause", "Приостановить"),
    "resume": ("Resume", "Возобновить"),
    "paused": ("paused", "приостановлена"),
    "remove": ("Remove", "Удалить"),
    "no_subscriptions": ("There are no subscriptions yet.", "Подписок пока нет."),
    "unsubscribe": ("Unsubscribe", "Отписаться"),
    "unsubscribe_ask": ("No more letters about:", "Больше не присылать писем о:"),
    "unsubscribed": ("You will get no more letters.", "Писем больше не будет."),
    "no_sources": ("No sources are configured.", "Источники не настроены."),
    "runs_elsewhere": (
        "How sources run is known to the collectors: see their log, or molva sources there.",
        "Как работают источники, знают сборщики: смотрите их журнал или molva sources у них.",
    ),
    "letters_elsewhere": (
        "The letters are kept by the mailer, which runs elsewhere: see its log and the mail server's.",
        "Письма хранит служба рассылки на другой машине: смотрите её журнал и журнал почтового сервера.",
    ),
    "never": ("never", "ещё ни разу"),
    "last_success": ("Last success", "Последний успех"),
    "ended": ("Last run", "Последний запуск"),
    "seen": ("Seen", "Увидено"),
    "published": ("Taken in", "Принято"),
    "rejected": ("Rejected", "Отклонено"),
    "why": ("Why", "Почему"),
    "collector": ("Collector", "Сборщик"),
    "no_letters": ("No letters yet.", "Писем пока нет."),
    "letter": ("Letter", "Письмо"),
    "about": ("About", "О чём"),
    "open_review": ("The review", "Отзыв"),
    "to": ("To", "Кому"),
    "subject": ("Subject", "Тема"),
    "state": ("State", "Состояние"),
    "when": ("When", "Когда"),
    "state_raised": ("waiting", "ожидает"),
    "state_sending": ("on its way", "отправляется"),
    "state_sent": ("sent", "отправлено"),
    "state_dead": ("refused", "отвергнуто"),
    "state_dropped": ("not needed", "не понадобилось"),
    "not_found": ("There is nothing here.", "Здесь ничего нет."),
    "not_found_hint": (
        "The address is wrong, or the review was removed.",
        "Адрес неверен, или отзыв удалён.",
    ),
    "expired": ("This form is too old. Go back and try again.", "Форма устарела. Вернитесь и попробуйте снова."),
    "bad_request": ("That did not work.", "Не получилось."),
    "facet_risk.level": ("Risk", "Риск"),
    "facet_negative": ("Feedback", "Отзыв"),
    "facet_stars": ("Rating", "Оценка"),
    "facet_source": ("Source", "Источник"),
    "facet_channel": ("Channel", "Канал"),
    "facet_language": ("Language", "Язык"),
    "facet_aspects.name": ("Aspect", "О чём"),
    "facet_verification.grade": ("Verification", "Проверка"),
    "facet_subject.id": ("Subject", "Предмет"),
    "value_true": ("Negative", "Негативный"),
    "value_false": ("Not negative", "Не негативный"),
    "grade_anonymous": ("Anonymous", "Аноним"),
    "grade_identified": ("Identified", "Автор известен"),
    "grade_platform-verified": ("Verified by the platform", "Проверен площадкой"),
    "grade_order-matched": ("Matched with an order", "Связан с заказом"),
    "grade_invited": ("Invited by us", "Приглашён нами"),
}

_PLURALS = {
    "review": (("review", "reviews"), ("отзыв", "отзыва", "отзывов")),
    "copy": (("copy", "copies"), ("копия", "копии", "копий")),
}
_MONTHS = [
    names.split()
    for names in (
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    )
]
_SHORT = [_MONTHS[0], [name if len(name) < 4 else f"{name[:3]}." for name in _MONTHS[1]]]


class Words:
    """The page's words in one language."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._index = LANGUAGES.index(self.language)

    def __call__(self, name: str) -> str:
        """The text called *name*; a name without a text is its own text (values from outside)."""
        found = TEXTS.get(name) or LABELS.get(name)
        return found[self._index] if found else name.partition("_")[2] or name

    def count(self, number: int, name: str) -> str:
        """A number with its noun: "1 review", "3 отзыва"."""
        forms = _PLURALS[name][self._index]
        return f"{self.number(number)}\u00a0{forms[self._form(number)]}"

    def number(self, value: float, digits: int = 0) -> str:
        """A number as this language writes it."""
        text = f"{value:,.{digits}f}"
        return text if self.language == "en" else text.replace(",", "\u00a0").replace(".", ",")

    def percent(self, share: float) -> str:
        """A share (0-1) in percent."""
        return f"{self.number(100 * share)}\u00a0%" if self.language == "ru" else f"{self.number(100 * share)}%"

    def date(self, value: Any, *, time: bool = False) -> str:
        """A day, with hours and minutes (UTC) if wanted; takes a datetime or its ISO form."""
        if not value:
            return ""
        when = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        day = f"{when.day}\u00a0{_MONTHS[self._index][when.month - 1]} {when.year}"
        return f"{day}, {when:%H:%M} UTC" if time else day

    def day(self, value: datetime, *, interval: str = "day") -> str:
        """A day without its year, or a month with it, for the narrow places of a chart."""
        month = _SHORT[self._index][value.month - 1]
        return f"{month}\u00a0{value.year}" if interval == "month" else f"{value.day}\u00a0{month}"

    def signed(self, value: float) -> str:
        """A number with its sign, two digits after the point, with a true minus."""
        return ("+" if value >= 0 else "\u2212") + self.number(abs(value), 2)

    def _form(self, number: int) -> int:
        if self.language == "en":
            return 0 if number == 1 else 1
        if number % 10 == 1 and number % 100 != 11:
            return 0
        return 1 if number % 10 in {2, 3, 4} and number % 100 not in {12, 13, 14} else 2


def negotiate(cookie: str | None, header: str | None, default: str) -> str:
    """The reader's language: chosen before, else the first of Accept-Language that the page speaks, else *default*."""
    if cookie in LANGUAGES:
        return cookie
    for part in (header or "")[:200].split(","):
        code = part.partition(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return default
