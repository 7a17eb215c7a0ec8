"""What ids from outside the page are called in English and Russian: aspects, endings of a run, channels, languages.

An id without a label here is shown as it is, so a new channel or aspect needs no change of the page.
"""

from __future__ import annotations

_ASPECTS = {
    "delivery": ("Delivery", "Доставка"),
    "packaging": ("Packaging", "Упаковка"),
    "price": ("Price", "Цена"),
    "fees": ("Fees", "Комиссии"),
    "rates": ("Rates", "Ставки"),
    "credit": ("Credit", "Кредит"),
    "account": ("Account", "Счёт"),
    "payment": ("Payment", "Оплата"),
    "service": ("Service", "Обслуживание"),
    "support": ("Support", "Поддержка"),
    "staff": ("Staff", "Персонал"),
    "communication": ("Communication", "Общение"),
    "information": ("Information", "Информация"),
    "quality": ("Quality", "Качество"),
    "durability": ("Durability", "Прочность"),
    "size": ("Size", "Размер"),
    "design": ("Design", "Внешний вид"),
    "taste": ("Taste", "Вкус"),
    "smell": ("Smell", "Запах"),
    "sound": ("Sound", "Звук"),
    "battery": ("Battery", "Батарея"),
    "assortment": ("Assortment", "Ассортимент"),
    "food": ("Food", "Еда"),
    "room": ("Room", "Номер"),
    "comfort": ("Comfort", "Удобство"),
    "cleanliness": ("Cleanliness", "Чистота"),
    "location": ("Location", "Расположение"),
    "waiting": ("Waiting", "Ожидание"),
    "speed": ("Speed", "Скорость"),
    "app": ("App", "Приложение"),
    "ease of use": ("Ease of use", "Простота"),
    "refund": ("Refund", "Возврат денег"),
    "safety": ("Safety", "Безвредность"),
    "security": ("Security", "Безопасность"),
    "trust": ("Trust", "Доверие"),
    "insurance": ("Insurance", "Страхование"),
    "loyalty": ("Loyalty", "Лояльность"),
    "wellness": ("Wellness", "Здоровье"),
    "entertainment": ("Entertainment", "Развлечения"),
}
_ENDINGS = {
    "exhausted": ("all collected", "собрано всё"),
    "limit reached": ("limit reached", "достигнут предел"),
    "layout changed": ("layout changed", "разметка изменилась"),
    "retry later": ("will retry", "будет повтор"),
    "refused": ("refused", "отказано"),
    "stopped": ("stopped", "остановлен"),
    "failed": ("failed", "сбой"),
}
_CHANNELS = {
    "site": ("Site", "Сайт"),
    "email": ("E-mail", "Почта"),
    "sms": ("SMS", "СМС"),
    "form": ("Form", "Форма"),
    "file": ("File", "Файл"),
    "api": ("API", "API"),
}
_LANGUAGES = {
    "en": ("English", "Английский"),
    "ru": ("Russian", "Русский"),
    "uk": ("Ukrainian", "Украинский"),
    "be": ("Belarusian", "Белорусский"),
    "bg": ("Bulgarian", "Болгарский"),
    "sr": ("Serbian", "Сербский"),
    "kk": ("Kazakh", "Казахский"),
    "de": ("German", "Немецкий"),
    "fr": ("French", "Французский"),
    "es": ("Spanish", "Испанский"),
    "it": ("Italian", "Итальянский"),
    "pt": ("Portuguese", "Португальский"),
    "nl": ("Dutch", "Нидерландский"),
    "pl": ("Polish", "Польский"),
    "cs": ("Czech", "Чешский"),
    "sv": ("Swedish", "Шведский"),
    "da": ("Danish", "Датский"),
    "fi": ("Finnish", "Финский"),
    "no": ("Norwegian", "Норвежский"),
    "tr": ("Turkish", "Турецкий"),
    "el": ("Greek", "Греческий"),
    "ar": ("Arabic", "Арабский"),
    "he": ("Hebrew", "Иврит"),
    "ja": ("Japanese", "Японский"),
    "ko": ("Korean", "Корейский"),
    "zh": ("Chinese", "Китайский"),
    "und": ("Undecided", "Не определён"),
}

LABELS: dict[str, tuple[str, str]] = {
    f"{kind}_{name}": texts
    for kind, known in (
        ("aspect", _ASPECTS),
        ("ending", _ENDINGS),
        ("channel", _CHANNELS),
        ("code", _LANGUAGES),
    )
    for name, texts in known.items()
}
"""By kind and id, as in ``aspect_delivery``: the English and the Russian label."""
