"""The words of dates in a dozen languages: months, units of time, amounts, and days that have a name.

Units, amounts and named days are alternatives of a regular expression, matched in any case.
"""

from __future__ import annotations

from collectors.platforms.page.tree import word_set

MONTHS: dict[str, int] = {}
"""Names of months in any of their forms, and their numbers."""
for _names in (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре",
    "янв фев мар апр май июн июл авг сен окт ноя дек",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "январ февр март апр мая июня июля авг сент окт нояб дек",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber mrz april mai juni juli aug sept okt nov dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv févr mars avr mai juin juil aout sept oct nov déc",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago sept oct nov dic",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "gen feb mar apr mag giu lug ago set ott nov dic",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "jan fev mar abr mai jun jul ago set out nov dez",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "ledna února března dubna května června července srpna září října listopadu prosince",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "january february march april may june july august sept october november december",
):
    for _index, _name in enumerate(_names.split(), 1):
        MONTHS.setdefault(_name, _index)

AMBIGUOUS = frozenset({"out", "ago", "set", "gen", "lis", "mag", "sty"})
"""Months in one language, common words in another ("5 out of 5", "2 days ago"): dates only with a year."""

UNITS = (
    ("second", r"sec(?:ond)?s?|секунд[уы]?|сек|sekunden?|secondes?|segundos?|secondi|秒"),
    ("minute", r"min(?:ute)?s?|минут[уы]?|мин|хвилин[уи]?|minuten?|minutos?|minuti|минута|分"),
    ("hour", r"hours?|hrs?|час(?:а|ов)?|годин[уи]?|ч|stunden?|heures?|horas?|ore|ora|uur|timmar|godzin[yę]?|時間"),
    ("day", r"days?|дн(?:я|ей)|день|дні|днів|tag(?:en|e)?|jours?|d[ií]as?|giorn[oi]|dag(?:en|ar)?|dni|dzień|日"),
    (
        "week",
        (
            r"weeks?|wks?|недел[юьи]|тиж(?:день|ні|нів)|wochen?|semaines?|semanas?|settiman[ae]|we[e]?k(?:en)?|"
            r"veckor|tygodni?e?|"
            r"週間"
        ),
    ),
    (
        "month",
        (
            r"months?|месяц(?:а|ев)?|мес|місяц(?:ь|і|ів)|monat(?:en|e)?|mois|mes(?:es)?|m[eê]s(?:es)?|mes[ei]|"
            r"maand(?:en)?|månad(?:er)?|miesi[ąę]c[ye]?|"
            r"か月|ヶ月"
        ),
    ),
    (
        "year",
        (
            r"years?|yrs?|год(?:а)?|лет|рок(?:и|ів)|рік|jahr(?:en|e)?|ans?|années?|años?|anno|anni|anos?|jaar|år|"
            r"lata|rok|"
            r"年"
        ),
    ),
)
"""Units of time and the words for them."""

AMOUNTS = "an?|one|one|un|une|una|uno|einem|einer|ein|eine|een|en|один|одну|несколько|a few|few|пару|wenigen"
"""Small numbers in words."""

BEFORE = "vor|il y a|hace|há|для|przed"
"""What stands before a span that lies in the past."""

AGO = r"ago|назад|тому(?:\sназад)?|geleden|fa|atrás|sedan|temu|önce|siden|前"
"""What stands behind one."""

LONE = {"день": "day", "неделю": "week", "месяц": "month", "год": "year", "час": "hour", "минуту": "minute"}
"""Units that stand without a number: "месяц назад"."""

NAMED = (
    r"today|just now|yesterday|сегодня|только что|вчера|позавчера|сьогодні|вчора|heute|gestern|vorgestern|"
    r"aujourd['’]hui|hier|hoy|ayer|oggi|ieri|hoje|ontem|vandaag|gisteren|idag|igår|dzisiaj|dziś|wczoraj"
)
"""Days that have a name; those in neither set below are today."""
YESTERDAY = word_set("yesterday вчера вчора gestern hier ayer ieri ontem gisteren igår wczoraj")
TWO_DAYS = frozenset({"позавчера", "vorgestern"})
