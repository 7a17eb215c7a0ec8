"""Mails as they come: broken charsets, headers and structures are repaired, machines' mails recognised."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.platforms.mail import inspect, read_mail
from collectors.platforms.token import token_of

RUSSIAN = "Заказ пришёл вовремя, всё понравилось, но коробка была помята."
HEAD = b"From: Ann <ann@x.example>\nTo: shop@acme.example\nSubject: x\nMessage-ID: <1@x.example>\n"


def mail(**headers: str) -> bytes:
    """A plain mail whose header names have underscores for dashes."""
    message = EmailMessage()
    text = headers.pop("text", "Well.")
    for name, value in {
        "From": "ann@x.example",
        "To": "shop@acme.example",
        "Message-ID": "<1@x.example>",
        **headers,
    }.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("utf-8", "utf-8"),
        ("windows-1251", "cp1251"),
        ("koi8-r", "koi8-r"),
        ("iso-8859-1", "cp1251"),
        ("iso-8859-1", "koi8-r"),
        ("iso-8859-1", "utf-8"),
        ("us-ascii", "cp1251"),
        ("koi8-r", "cp1251"),
        ("windows-1251", "koi8-r"),
        ("x-no-such-charset", "cp1251"),
        ("utf-8", "cp1251"),
        (None, "koi8-r"),
        (None, "utf-8"),
        (None, "cp1251"),
    ],
)
def test_russian_is_read_whatever_the_label_says(label: str | None, codec: str) -> None:
    kind = f"Content-Type: text/plain; charset={label}\n".encode() if label else b""
    assert read_mail(HEAD + kind + b"Content-Transfer-Encoding: 8bit\n\n" + RUSSIAN.encode(codec)).text == RUSSIAN


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("windows-1251", "utf-8", "Всё понравилось, спасибо"),
        ("koi8-r", "utf-8", "Да"),
        ("iso-8859-2", "iso-8859-2", "Zażółć gęślą jaźń"),
        ("windows-874", "cp874", "ขอบคุณมาก"),
        ("", "shift_jis", "とても良かったです。"),
        ("", "euc-jp", "とても良かったです。"),
        ("", "iso-2022-jp", "とても良かったです。"),
        ("", "gb2312", "东西很好，谢谢老板，下次再来。"),
    ],
)
def test_more_labels_that_lie_or_lack(label: str, codec: str, text: str) -> None:
    kind = f"Content-Type: text/plain; charset={label}\n".encode() if label else b""
    assert read_mail(HEAD + kind + b"\n" + text.encode(codec)).text == text


@pytest.mark.parametrize(
    ("text", "codec"), [("Grüße aus München, alles schön", "latin-1"), ("déjà reçu, très bien", "cp1252")]
)
def test_western_text_is_not_taken_for_cyrillic(text: str, codec: str) -> None:
    assert read_mail(HEAD + b"Content-Type: text/plain; charset=us-ascii\n\n" + text.encode(codec)).text == text


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"=?UTF-8?B?0J7RgtC30YvQsg==?=", "Отзыв"),
        (b"=?UTF-8?B?0J7RgtC30YvQsg?=", "Отзыв"),
        (b"=?utf-8?q?=D0=9E=D1=82?=\n =?utf-8?q?=D0=B7=D1=8B=D0=B2?=", "Отзыв"),
        (b"=?utf-8?b?0J7R?= =?utf-8?b?gtC30YvQsg==?=", "Отзыв"),
        (b"=?windows-1251?Q?=CE=F2=E7=FB=E2?= 5", "Отзыв 5"),
        ("Отзыв".encode(), "Отзыв"),
        ("Отзыв о заказе".encode("cp1251"), "Отзыв о заказе"),
        (b"=?no-such?Q?abc?=", "abc"),
        (b"=?utf-8?q?broken", "=?utf-8?q?broken"),
        (b"", ""),
    ],
)
def test_headers_are_decoded_or_left_readable(raw: bytes, subject: str) -> None:
    assert read_mail(b"From: a@x.example\nMessage-ID: <1@x>\nSubject: " + raw + b"\n\nx").subject == subject


def test_sender_and_date_are_decoded() -> None:
    found = read_mail(
        b"From: =?koi8-r?B?4c7OwQ==?= <Ann+Shop@X.example>\nDate: Fri, 5 Nov 2021 09:31:50 +0300\nMessage-ID: <1@x>\n\nx"
    )
    assert found.sender is not None
    assert (found.sender.name, found.sender.address) == ("Анна", "Ann+Shop@X.example")
    assert found.date == datetime(2021, 11, 5, 6, 31, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [b"", b"yesterday", b"Fri, 31 Dec 9999 23:59:59 -1200", b"Mon, 0 Jan 0000 00:00:00", b"\xff"]
)
def test_odd_dates_are_no_dates_or_far_ones(value: bytes) -> None:
    found = read_mail(b"From: a@x.example\nMessage-ID: <1@x>\nDate: " + value + b"\n\nx").date
    assert found is None or found.tzinfo is UTC


def test_plain_and_html_of_one_text_give_it_once() -> None:
    message = EmailMessage()
    message["From"], message["Subject"], message["In-Reply-To"] = (
        "a@x.example",
        "Re: x",
        "<molva.tok-ABC123@acme.example>",
    )
    message.set_content("Всё хорошо.\n\n> Как заказ?")
    message.add_alternative("<p>Всё хорошо.</p><blockquote type=cite>Как заказ?</blockquote>", subtype="html")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="photo.png")
    found = read_mail(message.as_bytes())
    assert (found.text, found.kind, found.token) == ("Всё хорошо.", "reply", "tok-ABC123")


def test_html_is_preferred_where_only_it_knows_the_quotation() -> None:
    message = EmailMessage()
    message["From"] = "a@x.example"
    message.set_content("Fine.\n\nHow was it? Your shop")
    message.add_alternative("<div>Fine.</div><blockquote type=cite>How was it? Your shop</blockquote>", subtype="html")
    found = read_mail(message.as_bytes())
    assert found.text == "Fine."
    assert "How was it?" in found.quote


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        (b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nhello\n', "hello"),
        (b'Content-Type: multipart/mixed; boundary="b"\n\n--other\nContent-Type: text/plain\n\nhello\n', "hello"),
        (b"Content-Type: multipart/mixed\n\nhello\n", "hello"),
        (b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\naGVsbG8=!!\n", "hello"),
        (b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nhel=6Co\n", "hello"),
        (b"Content-Type: text/plain\nContent-Transfer-Encoding: no-such\n\nhello\n", "hello"),
        (b'Content-Type: text/plain; charset="\n\nhello\n', "hello"),
        (b"Content-Type: ;;;\n\nhello\n", "hello"),
        (b"\nhello\nbegin 644 photo.png\n#86)C\n`\nend\n", "hello"),
        (b"\nhel\x00lo\n", "hello"),
    ],
)
def test_broken_structures_are_repaired(rest: bytes, text: str) -> None:
    assert read_mail(HEAD + rest).text == text


def flowed(body: str, *, more: str = "") -> str:
    kind = f'Content-Type: text/plain; charset="utf-8"; format=flowed{more}\n\n'
    return read_mail(HEAD + kind.encode() + body.encode()).text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("I bought it in March \nand it broke.\n\nSad.", "I bought it in March and it broke.\n\nSad."),
        (" From the start it leaked.\n  Twice.", "From the start it leaked.\n Twice."),
        ("It broke.\n\nOn 14 Mar 2025, at 09:31, \nAcme <h@acme.example> wrote:\n> How was \n> it?", "It broke."),
        ("It broke. \n> How was it?\nSad.", "It broke. \n> How was it?\nSad."),
        ("It broke.\n\n-- \nAnn Smith", "It broke."),
    ],
)
def test_flowed_paragraphs_are_joined(body: str, text: str) -> None:
    assert flowed(body) == text


def test_flowed_text_without_spaces_between_words_is_joined_without_them() -> None:
    assert flowed("とても良い \n商品です。", more="; delsp=yes") == "とても良い商品です。"


@pytest.mark.parametrize("depth", [150, 10_000])
def test_deep_nesting_is_survived_and_the_text_found(depth: int) -> None:
    nest = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (i, i) for i in range(depth))
    assert read_mail(HEAD + nest + b"Content-Type: text/plain\n\nhello\n").text == "hello"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(range(256)) * 1_000,
        HEAD + b"\n" + b"a" * 1_000_000,
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: text/plain\n\nx\n" * 5_000,
        b"Subject: " + b"=?utf-8?q?a?=" * 50_000 + b"\n\nx",
        b"To: " + b"a@b.c, " * 100_000 + b"\n\nx",
        HEAD + b"Content-Type: message/rfc822\n\n" * 2_000,
    ],
    ids=range(7),
)
def test_hostile_mails_are_answered_in_seconds(raw: bytes) -> None:
    start = time.process_time()
    found = inspect(raw, "mail.eml")
    assert time.process_time() - start < 10
    assert list(found) == ["input", "kind", "text", "confidence", "quote", "signature", "rating", "token", "warnings"]


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=2_000),
    st.sampled_from([b"", HEAD, HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"]),
)
def test_any_bytes_are_answered(raw: bytes, before: bytes) -> None:
    found = read_mail(before + raw)
    assert found.kind in {"reply", "new", "forward", "auto-reply", "bounce"}
    assert "\x00" not in found.text


AUTO = [
    {"Auto-Submitted": "auto-replied"},
    {"Auto-Submitted": "auto-generated (vacation)"},
    {"X-Autoreply": "yes"},
    {"X-Autorespond": "Re: x"},
    {"Precedence": "auto_reply"},
    {"Precedence": "bulk"},
    {"Subject": "Out of Office: Your order"},
    {"Subject": "Automatic reply: Your order"},
    {"Subject": "Автоматический ответ: Ваш заказ"},
    {"Subject": "Автоответ: Ваш заказ"},
    {"Subject": "Автоматична відповідь: Замовлення"},
    {"Subject": "Automatische Antwort: Ihre Bestellung"},
    {"Subject": "Abwesenheitsnotiz: Ihre Bestellung"},
    {"Subject": "Réponse automatique : Votre commande"},
    {"Subject": "Respuesta automática: Su pedido"},
    {"Subject": "Risposta automatica: Il suo ordine"},
    {"Subject": "Resposta automática: Seu pedido"},
    {"Subject": "Automatisch antwoord: Uw bestelling"},
    {"Subject": "Automatyczna odpowiedź: Zamówienie"},
    {"Subject": "Automatická odpověď: Objednávka"},
    {"Subject": "Autosvar: Din order"},
    {"Subject": "自动回复: 订单"},
    {
        "Subject": "Re: x",
        "text": "I am currently out of the office and will return on Monday. For urgent matters call Bob.",
    },
    {"Subject": "Re: x", "text": "Добрый день! Я в отпуске до 15 ноября. По срочным вопросам пишите Петру."},
    {"Subject": "Re: x", "text": "Ich bin im Urlaub und ab dem 15. November zurück."},
    {"Subject": "Re: x", "text": "Je suis actuellement absent du bureau jusqu'au 15 novembre."},
    {"Subject": "Re: x", "text": "Estoy fuera de la oficina hasta el lunes."},
    {"Subject": "Re: x", "text": "Меня не будет на рабочем месте с 10.03 по 24.03. Если срочно, звоните."},
    {"Subject": "Re: x", "text": "Ваше обращение зарегистрировано под номером 12345. Мы скоро ответим."},
    {"Subject": "Re: x", "text": "Спасибо! Это письмо сгенерировано автоматически."},
    {"Subject": "Re: x", "text": "Hi,\n\nI'll be out of the office from March 10 to March 24.\n\nBest, Ann"},
    {"Subject": "Re: x", "text": "Your request (12345) has been received and is being reviewed by our support staff."},
    {"Subject": "Re: x", "text": "I no longer work at Acme. Please contact bob@x.example instead."},
    {"Subject": "Re: x", "text": "Ich bin bis zum 24. März nicht im Büro. In dringenden Fällen hilft Herr Müller."},
    {"Subject": "Re: x", "text": "Sarò fuori ufficio dal 10 al 24 marzo e risponderò al mio rientro."},
    {"Subject": "Re: x", "text": "Przebywam na urlopie do 24.03. Odpowiem po powrocie."},
    {"Subject": "Re: x", "text": "24 Mart'a kadar izindeyim. Acil durumlarda Ali ile görüşün."},
    {"Subject": "Re: x", "text": "您好，您的邮件已收到，我会尽快给您回复。"},
    {"Subject": "Re: x", "text": "ただいま休暇中です。お急ぎの方は田中までご連絡ください。"},
    {"Subject": "Вне офиса Re: Ваш заказ"},
    {"Subject": "[Auto-Reply] Your order"},
    {"Subject": "Ваша заявка №12345 зарегистрирована"},
    {"Subject": "Fuera de la oficina: Su pedido"},
    {"Return-Path": "<>"},
]


@pytest.mark.parametrize("headers", AUTO, ids=lambda headers: str(list(headers.values())[-1])[:40])
def test_automatic_replies_are_recognised(headers: dict[str, str]) -> None:
    assert read_mail(mail(**headers)).kind == "auto-reply"


@pytest.mark.parametrize(
    "headers",
    [
        {"From": "MAILER-DAEMON@mx.example", "Subject": "Undelivered Mail Returned to Sender"},
        {
            "From": "Mail Delivery System <postmaster@mx.example>",
            "Subject": "Mail delivery failed: returning message to sender",
        },
        {"From": "postmaster@mx.example", "Subject": "Undeliverable: Your order"},
        {"From": "mailer-daemon@corp.mail.ru", "Subject": "Сообщение не доставлено"},
        {"From": "postmaster@x.example", "Subject": "Unzustellbar: Ihre Bestellung"},
        {"X-Failed-Recipients": "bob@x.example"},
        {"Content-Type": 'multipart/report; report-type=delivery-status; boundary="b"'},
    ],
    ids=lambda headers: str(list(headers.values())[-1])[:40],
)
def test_bounces_are_recognised(headers: dict[str, str]) -> None:
    kind = headers.pop("Content-Type", None)
    raw = mail(**headers)
    if kind:
        raw = raw.replace(b'text/plain; charset="utf-8"', kind.encode())
    assert read_mail(raw).kind == "bounce"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Subject": "В отпуске с детьми", "text": "Отель понравился, спасибо."}, "new"),
        ({"Subject": "x", "text": "I am on vacation in your hotel and the room is damp."}, "new"),
        ({"Subject": "x", "text": "We are on holiday in your resort and will return next year."}, "new"),
        ({"Subject": "Отпуск", "text": "Отпуск удался, вернёмся в сентябре!"}, "new"),
        ({"Subject": "x", "text": "Thank you for your email. The parcel arrived within 2 days."}, "new"),
        ({"Subject": "x", "text": "Vielen Dank für Ihre Nachricht. Die Lieferung kam innerhalb von 2 Tagen."}, "new"),
        ({"Subject": "x", "text": "Письмо пришло автоматически, а товар нет."}, "new"),
        ({"Auto-Submitted": "no"}, "new"),
        ({"Precedence": "bulk", "List-Id": "<shop-talk.lists.example>"}, "new"),
        ({"From": "Bob <postmaster@x.example>", "Subject": "Заказ"}, "new"),
        ({"Subject": "Re: x"}, "reply"),
        ({"Subject": "Ответ: x"}, "reply"),
        ({"Subject": "AW: x"}, "reply"),
        ({"Subject": "RES: x"}, "reply"),
        ({"In-Reply-To": "<1@acme.example>"}, "reply"),
        ({"Subject": "Fwd: x"}, "forward"),
        ({"Subject": "WG: x"}, "forward"),
        ({"Subject": "Пересл: x"}, "forward"),
    ],
    ids=str,
)
def test_peoples_mails_are_told_apart(headers: dict[str, str], kind: str) -> None:
    assert read_mail(mail(**headers)).kind == kind


def test_a_rating_is_read_from_what_was_typed_only() -> None:
    found = read_mail(mail(Subject="Re: Rate us", text="4 из 5\n\n> Ставьте 5 звёзд!\n\n-- \nOffice 5/10"))
    assert found.rating is not None
    assert (found.rating.value, found.rating.best) == (4.0, 5.0)


@pytest.mark.parametrize(
    ("recipients", "answered", "token"),
    [
        (["reply+6bdc3f4d-0bec@acme.example"], [], "6bdc3f4d-0bec"),
        (["Reply+AbC_12-x9@acme.example"], [], "AbC_12-x9"),
        (["shop@acme.example"], ["molva.AbC_12-x9.42@acme.example"], "AbC_12-x9"),
        (["shop@acme.example"], ["reply+6bdc3f4d-0bec@acme.example"], "6bdc3f4d-0bec"),
        (["shop@acme.example"], ["CAF+abc=def@mail.gmail.com"], None),
        (["shop+a@acme.example"], [], None),
        ([], [], None),
    ],
)
def test_our_token_is_found_in_the_address_or_the_answered_letter(
    recipients: list[str], answered: list[str], token: str | None
) -> None:
    assert token_of(recipients, answered) == token
