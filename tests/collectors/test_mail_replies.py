"""What a person typed is found under the quotations of many mail programs in many languages."""

from __future__ import annotations

import pytest
from reply_samples import ATTRIBUTIONS, DEVICE_LINES, HEADERS, QUOTE, RUSSIAN, TYPED, quoted

from collectors.platforms.mail import read_any, read_html, read_text
from collectors.platforms.mail.markers import languages


@pytest.mark.parametrize("name", ATTRIBUTIONS)
@pytest.mark.parametrize("marks", [True, False], ids=["marked", "unmarked"])
def test_text_above_an_attribution_is_exactly_what_was_typed(name: str, marks: bool) -> None:
    mail = read_text(f"{TYPED}\n\n{ATTRIBUTIONS[name]}\n\n{quoted(QUOTE) if marks else QUOTE}\n")
    assert mail.text == TYPED
    assert "How was your order?" in mail.quote
    assert mail.kind == "reply"
    assert mail.confidence >= 0.5


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_text_directly_above_and_below_a_marked_quotation_is_typed(name: str) -> None:
    for above in ("Здравствуйте!", "Спасибо", "Good day to you", "Да."):
        mail = read_text(f"{above}\n{ATTRIBUTIONS[name]}\n{quoted(QUOTE)}\n\nВсё хорошо.\n")
        assert mail.text == f"{above}\nВсё хорошо."
        assert "How was your order?" in mail.quote


@pytest.mark.parametrize(
    "line",
    [
        "Sent with Proton Mail secure email.\nOn Tue, November 3rd, 2026 at 10:15 AM, A Shop <a@acme.example> wrote:",
        "---- On Tue, 03 Nov 2026 10:15:00 +0300 A Shop <a@acme.example> wrote ---",
    ],
)
def test_a_rating_right_above_what_programs_write_is_typed(line: str) -> None:
    mail = read_text(f"Всё пришло.\nОценка 3 из 5.\n{line}\n{quoted(QUOTE)}\n")
    assert mail.text == "Всё пришло.\nОценка 3 из 5."
    assert mail.rating is not None


@pytest.mark.parametrize(
    "notice",
    [
        "Настоящее сообщение и все приложения к нему являются конфиденциальными и предназначены для адресата.",
        "Данное сообщение предназначено только для указанного получателя.",
        "Diese Nachricht und alle Anhänge sind nur für den Empfänger bestimmt und vertraulich.",
    ],
)
def test_a_notice_of_lawyers_is_no_part_of_the_text(notice: str) -> None:
    assert read_text(f"{TYPED}\n\n{notice}\n").text == TYPED


@pytest.mark.parametrize(
    "line",
    [
        "2021-11-05, pn, 09:31 Acme Shop <hello@acme.example> rašė:",
        "शुक्र, 5 नव॰ 2021 को 9:31 am को Acme Shop <hello@acme.example> ने लिखा:",
        "05.11.2021 09:31, Acme Shop þetta ritaði:",
    ],
)
def test_attributions_in_languages_nobody_listed_are_known_by_the_quotation_below(line: str) -> None:
    mail = read_text(f"Labai gerai.\n\n{line}\n\n{quoted(QUOTE)}\n")
    assert mail.text == "Labai gerai."


def test_a_short_answer_is_not_taken_into_the_header_below_it() -> None:
    for answer in ("4", "Да", "5!"):
        assert read_text(f"{answer}\n{HEADERS['ru yandex']}\n\n{quoted(QUOTE)}\n").text == answer


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_text_above_a_header_block_is_exactly_what_was_typed(name: str, newline: str) -> None:
    body = f"{TYPED}\n\n{HEADERS[name]}\n\n{QUOTE}\n"
    mail = read_text(body.replace("\n", newline))
    assert mail.text == TYPED
    assert "How was your order?" in mail.quote
    assert mail.kind == "reply"


@pytest.mark.parametrize(
    "line",
    [
        "##- Please type your reply above this line -##",
        "##- Пожалуйста, введите ответ над этой строкой -##",
        "--- Reply above this line ---",
    ],
)
def test_text_above_the_line_of_a_help_desk_is_typed(line: str) -> None:
    assert read_text(f"{TYPED}\n\n{line}\n\n{QUOTE}\n").text == TYPED


def test_a_long_list_of_recipients_does_not_hide_the_header_block() -> None:
    names = "".join(f"\n Person {number} <p{number}@x.example>;" for number in range(12))
    head = (
        f"From: Acme <hello@acme.example>\nSent: Friday, November 5, 2021\nTo: Ann <ann@x.example>;{names}\nSubject: x"
    )
    assert read_text(f"{TYPED}\n\n{head}\n\n{QUOTE}\n").text == TYPED


@pytest.mark.parametrize("line", DEVICE_LINES)
def test_device_lines_go_and_the_text_stays(line: str) -> None:
    alone = read_text(f"{TYPED}\n\n{line}\n")
    above = read_text(f"{TYPED}\n\n{line}\n\n{ATTRIBUTIONS['en gmail']}\n\n{quoted(QUOTE)}\n")
    glued = read_text(f"{TYPED}\n{line}")
    for mail in (alone, above, glued):
        assert mail.text == TYPED
        assert mail.signature == line


@pytest.mark.parametrize("below", ["", f"\n\n{ATTRIBUTIONS['ru gmail']}\n{quoted(QUOTE)}"], ids=["alone", "quoted"])
def test_a_device_line_alone_is_nothing_typed(below: str) -> None:
    mail = read_text(f"Отправлено с iPhone{below}\n")
    assert (mail.text, mail.answers, mail.signature) == ("", "", "Отправлено с iPhone")
    assert mail.warnings


@pytest.mark.parametrize(
    "text",
    [
        "On the surface all is well.\nOn average I wait two days.",
        "Sent from my desk, which is much easier than my phone.",
        "Отправлено с опозданием на 5 дней, и это не первый раз.",
        "I told the manager and he wrote it down.\nThat was on Monday.",
        "From: Berlin\nwe went to Paris.",
        "Цена: 500\nДата: не помню\nОтзыв: плохо",
        "Тема: доставка. Всё плохо.",
        "He wrote: please wait. I waited.",
        "Плюсы:\n- быстро\n- дёшево\n\nМинусы:\n- нет\n----\nИтог: советую всем, кто ищет недорого.",
        "Visit us now\n>>> >>>  http://www.shop.example <<<\nfor assistance",
        "С уважением к вашей работе, но доставка ужасна.",
        "Спасибо за 5 лет",
        "5",
        "👍",
        "-- всё плохо --",
        "Я в отпуске, отель сырой и холодный.",
        "5 ноября в 14:30 курьер написал:\nбуду через час. Приехал через четыре.",
        "On 14 March 2025 at 9:31 the driver wrote:\nI am outside. He was not.",
        "1. Качество: 5\n2. Доставка: 4\n__________\nИтого: 4",
        "Хорошо\n\n***\n\nНо дорого",
    ],
)
def test_what_only_looks_like_a_mark_stays(text: str) -> None:
    mail = read_text(text)
    assert mail.text == text
    assert mail.quote == ""
    assert mail.kind == "new"


def test_sign_off_and_name_stay_and_are_told_as_signature() -> None:
    mail = read_text("Заказ пришёл вовремя.\n\nС уважением,\nАнна Петрова\n+7 999 123-45-67\nООО «Ромашка»\n")
    assert mail.text == "Заказ пришёл вовремя.\n\nС уважением,\nАнна Петрова"
    assert mail.signature == "С уважением,\nАнна Петрова\n+7 999 123-45-67\nООО «Ромашка»"


def test_a_visiting_card_stays_in_the_text_and_not_in_the_answers() -> None:
    body = "The box was torn.\n\nAnn Smith\nAcme Bakery\n+7 999 123-45-67"
    mail = read_text(body)
    assert (mail.text, mail.answers) == (body, "The box was torn.\n\nAnn Smith")
    assert mail.signature == "Ann Smith\nAcme Bakery\n+7 999 123-45-67"


def test_delimited_signature_goes() -> None:
    mail = read_text("It broke after a week.\n\n-- \nAnn Smith\nHead of Things, Acme\nann@x.example\n")
    assert mail.text == "It broke after a week."
    assert mail.signature == "-- \nAnn Smith\nHead of Things, Acme\nann@x.example"


@pytest.mark.parametrize(
    "notice",
    [
        "CONFIDENTIALITY NOTICE: The contents of this email are confidential and intended for the addressee only.",
        "This e-mail and any attachments may contain confidential information. If you are not the intended recipient, delete it.",
        "Это сообщение содержит конфиденциальную информацию и предназначено только адресату.",
        "Diese E-Mail enthält vertrauliche Informationen.",
        "__________ Information from ESET NOD32 Antivirus, database 5000 __________\n\nhttp://www.eset.example",
        "---\nЭто сообщение проверено на вирусы антивирусом Avast.\nhttps://www.avast.example/antivirus",
        "-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG\n\niEYEARECAAYFAk\n-----END PGP SIGNATURE-----",
        "_______________________________________________\nshop-talk mailing list\nhttp://lists.example/mailman/listinfo/shop-talk",
    ],
)
def test_notices_below_the_text_go(notice: str) -> None:
    assert read_text(f"It broke after a week.\n\n{notice}\n").text == "It broke after a week."


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Fine with me. On Wed, Apr 4, 2012 at 3:59 PM, bob@x.example wrote:\n> Hi", "Fine with me."),
        ("Да. Am 05.11.2021 um 09:31 schrieb Bob <bob@x.example>:\n> Hi", "Да."),
        ("Yes\n\nOn Tue, Apr 11, 2017 at 10:07 PM Bob\n\n<\nmailto:Bob <bob@x.example>\n> wrote:\nOld", "Yes"),
        ("Yes\n\nSent from Samsung MobileName <bob@x.example> wrote:\n\n>\n> Old", "Yes"),
        ("Yes\n\nfre. 5. nov. 2021 kl. 09:31 skrev Bob <bob@x.example\n>:\n\n> Old", "Yes"),
        (
            "Yes\n\n> Old text that was wrapped by the mail program at column seventy-two, so\nthis rest\n> lost its mark",
            "Yes",
        ),
    ],
)
def test_attributions_that_programs_broke_or_glued_are_found(body: str, text: str) -> None:
    mail = read_text(body)
    assert mail.text == text
    assert mail.quote


@pytest.mark.parametrize(
    ("body", "text", "signature"),
    [
        ("Hello\n---\nRoman", "Hello", "---\nRoman"),
        ("Look:\n\n--> one\n--> two\n--\nRoman", "Look:\n\n--> one\n--> two", "--\nRoman"),
        ("Ok\n\nSent from my iPhone. Please excuse any typos.", "Ok", "Sent from my iPhone. Please excuse any typos."),
        ("Ok\n\n<<sent by galaxy>>", "Ok", "<<sent by galaxy>>"),
        ("Ok\n\nBob from mobile", "Ok", "Bob from mobile"),
        ("Hi!\n\nThanks!\nRoman", "Hi!\n\nThanks!\nRoman", "Thanks!\nRoman"),
    ],
)
def test_signatures_of_many_makes_are_told(body: str, text: str, signature: str) -> None:
    mail = read_text(body)
    assert (mail.text, mail.signature) == (text, signature)


def test_answers_between_quotations_stay_interleaved() -> None:
    body = f"{ATTRIBUTIONS['ru gmail']}\n\n> Как доставка?\n\nБыстро.\n\n> А качество?\n\nПлохо, порвалось.\n\n> С уважением,\n> магазин\n"
    mail = read_text(body)
    assert mail.text == "> Как доставка?\n\nБыстро.\n\n> А качество?\n\nПлохо, порвалось."
    assert "магазин" in mail.quote


def test_a_short_answer_right_below_a_long_question_is_no_part_of_it() -> None:
    body = "> Как бы вы оценили доставку вашего заказа нашей курьерской службой до двери?\n5\n> А упаковку товара и работу пункта выдачи заказов в вашем городе?\nТак себе"
    mail = read_text(body)
    assert mail.text == body
    assert mail.answers == "5\nТак себе"
    assert mail.rating is not None
    assert mail.rating.value == 5


def test_a_quotation_that_the_person_placed_above_the_answered_mail_stays() -> None:
    html = read_html(
        "<div>You promised:</div><blockquote>Delivery in a day</blockquote>"
        "<div>On 5 Nov 2021, at 9:31, Acme &lt;h@a.example&gt; wrote:</div><blockquote><div>OLD</div></blockquote>"
    )
    assert html.text == "You promised:\nDelivery in a day"
    assert html.answers == "You promised:"
    text = read_text(f"Вы обещали:\n\n> Доставка за день\n\n{ATTRIBUTIONS['ru gmail']}\n\n{quoted(QUOTE)}\n")
    assert text.text == "Вы обещали:\n\n> Доставка за день"


def test_answer_below_the_quotation_is_found() -> None:
    mail = read_text(f"{ATTRIBUTIONS['de apple']}\n{quoted(QUOTE)}\n\nAlles bestens.\n")
    assert mail.text == "Alles bestens."


def test_nothing_is_cut_silently_when_all_looks_quoted() -> None:
    mail = read_text(f"{HEADERS['ru outlook']}\n\nВсё плохо, верните деньги.\n")
    assert "верните деньги" in mail.text
    assert mail.confidence < 0.5
    assert mail.warnings


@pytest.mark.parametrize(
    ("head", "note"),
    [
        (
            "---------- Forwarded message ---------\nFrom: Acme <hello@acme.example>\nDate: Fri, Nov 5, 2021\nSubject: x\nTo: <a@x.example>",
            "",
        ),
        (
            "-------- Пересылаемое сообщение --------\nОт кого: Acme <hello@acme.example>\nКому: a@x.example\nДата: 5 ноября 2021\nТема: x",
            "Посмотрите.",
        ),
        ("Begin forwarded message:\n\n> From: Acme <hello@acme.example>\n> Subject: x", "See below."),
        (
            "----- Weitergeleitete Nachricht ----- Von: Acme <hello@acme.example>An: a@x.exampleBetreff: x",
            "Siehe unten.",
        ),
    ],
)
def test_forwards_are_recognised(head: str, note: str) -> None:
    mail = read_text(f"{note}\n\n{head}\n\nThe old text.\n")
    assert mail.kind == "forward"
    assert mail.text == note
    assert "The old text." in mail.quote


@pytest.mark.parametrize("client", RUSSIAN)
def test_russian_mail_programs_are_known(client: str) -> None:
    mail = read_text(f"{TYPED}\n\n{RUSSIAN[client]}\n")
    assert mail.text == TYPED
    assert "Как" in mail.quote


def test_bare_bodies_are_told_from_mails() -> None:
    assert read_any(b"From: a@x.example\nSubject: x\nMessage-ID: <1@x>\n\nhello").message_id == "1@x"
    assert read_any("<div>Отлично</div>".encode(), "body.txt").text == "Отлично"
    assert read_any(b"just words, no header").text == "just words, no header"
    assert read_any(HEADERS["en outlook"].encode() + b"\n\nOLD", "body.txt").message_id is None


def test_every_language_has_every_kind_of_phrase_that_replies_need() -> None:
    for code, language in languages().items():
        assert language.wrote, code
        assert language.from_, code
        assert language.subject, code
        assert language.original, code
        assert language.forwarded, code
        assert all(
            phrase == phrase.lower() for field in ("wrote", "from_", "original") for phrase in getattr(language, field)
        ), code
