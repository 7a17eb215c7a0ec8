"""What a person typed is found under the quotations of many mail programs in many languages."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.platforms.mail import read_any, read_html, read_text
from collectors.platforms.mail.markers import languages

TYPED = "Всё понравилось, спасибо!\nThe second line stays, too.\n\nAnd a paragraph of its own."

ATTRIBUTIONS = {
    "en gmail": "On Fri, Nov 5, 2021 at 9:31 AM Acme Shop <hello@acme.example> wrote:",
    "en gmail wrapped": "On Fri, Nov 5, 2021 at 9:31 AM Acme Shop Customer Care <\nhello-and-welcome@acme.example> wrote:",
    "en apple": "On 5 Nov 2021, at 09:31, Acme Shop <hello@acme.example> wrote:",
    "en apple wrapped twice": "On Nov 5, 2021,\nat 9:31 AM,\nAcme Shop <hello@acme.example>\nwrote:",
    "en thunderbird": "On 05.11.2021 09:31, Acme Shop wrote:",
    "en yahoo": "On Friday, November 5, 2021, 09:31:50 AM GMT+1, Acme Shop <hello@acme.example> wrote:",
    "en zoho": "---- On Fri, 05 Nov 2021 09:31:50 +0530 hello@acme.example wrote ----",
    "en android": "---- Acme Shop wrote ----",
    "ru gmail": "пт, 5 нояб. 2021 г. в 09:31, Acme Shop <hello@acme.example>:",
    "ru gmail wrapped": "пт, 5 нояб. 2021 г. в 09:31, Служба заботы о покупателях <\nhello@acme.example>:",
    "ru apple": "5 нояб. 2021 г., в 09:31, Acme Shop <hello@acme.example> написал(а):",
    "ru thunderbird": "05.11.2021 09:31, Acme Shop пишет:",
    "ru yandex": '05.11.2021, 09:31, "Acme Shop" <hello@acme.example>:',
    "ru mail.ru": "Пятница, 5 ноября 2021, 9:31 +03:00 от Acme Shop <hello@acme.example>:",
    "ru outlook": '05/11/2021, 09:31 пользователь "Acme Shop" <hello@acme.example> написал:',
    "uk gmail": "пт, 5 лист. 2021 р. о 09:31 Acme Shop <hello@acme.example> пише:",
    "uk apple": "5 лист. 2021 р. о 09:31 Acme Shop <hello@acme.example> написав(-ла):",
    "de gmail": "Am Fr., 5. Nov. 2021 um 09:31 Uhr schrieb Acme Shop <hello@acme.example>:",
    "de apple": "Am 05.11.2021 um 09:31 schrieb Acme Shop <hello@acme.example>:",
    "de thunderbird": "Am 05.11.21 um 09:31 schrieb Acme Shop:",
    "fr gmail": "Le ven. 5 nov. 2021 à 09:31, Acme Shop <hello@acme.example> a écrit :",
    "fr apple": "Le 5 nov. 2021 à 09:31, Acme Shop <hello@acme.example> a écrit :",
    "es gmail": "El vie, 5 nov 2021 a las 9:31, Acme Shop (<hello@acme.example>) escribió:",
    "es apple": "El 5 nov 2021, a las 9:31, Acme Shop <hello@acme.example> escribió:",
    "it gmail": "Il giorno ven 5 nov 2021 alle ore 09:31 Acme Shop <hello@acme.example> ha scritto:",
    "pt gmail": "Em sex., 5 de nov. de 2021 às 09:31, Acme Shop <hello@acme.example> escreveu:",
    "pt apple": "No dia 05/11/2021, às 09:31, Acme Shop <hello@acme.example> escreveu:",
    "nl gmail": "Op vr 5 nov. 2021 om 09:31 schreef Acme Shop <hello@acme.example>:",
    "nl apple": "Op 5 nov. 2021 om 09:31 heeft Acme Shop <hello@acme.example> het volgende geschreven:",
    "pl gmail": "pt., 5 lis 2021 o 09:31 Acme Shop <hello@acme.example> napisał(a):",
    "pl thunderbird": "W dniu 05.11.2021 o 09:31, Acme Shop pisze:",
    "pl apple": "Wiadomość napisana przez Acme Shop <hello@acme.example> w dniu 05.11.2021, o godz. 09:31:",
    "cs gmail": "pá 5. 11. 2021 v 9:31 odesílatel Acme Shop <hello@acme.example> napsal:",
    "sk gmail": "pi 5. 11. 2021 o 9:31 Acme Shop <hello@acme.example> napísal(a):",
    "sv gmail": "Den fre 5 nov. 2021 kl 09:31 skrev Acme Shop <hello@acme.example>:",
    "da gmail": "Den fre. 5. nov. 2021 kl. 09.31 skrev Acme Shop <hello@acme.example>:",
    "no gmail": "fre. 5. nov. 2021 kl. 09:31 skrev Acme Shop <hello@acme.example>:",
    "fi gmail": "pe 5. marrask. 2021 klo 9.31 Acme Shop (hello@acme.example) kirjoitti:",
    "hu gmail": "Acme Shop <hello@acme.example> ezt írta (időpont: 2021. nov. 5., P, 9:31):",
    "ro gmail": "vin., 5 nov. 2021 la 09:31, Acme Shop <hello@acme.example> a scris:",
    "tr gmail": "Acme Shop <hello@acme.example>, 5 Kas 2021 Cum, 09:31 tarihinde şunu yazdı:",
    "el gmail": "Στις Παρ 5 Νοε 2021 στις 9:31 π.μ., ο/η Acme Shop <hello@acme.example> έγραψε:",
    "ja gmail": "2021年11月5日(金) 9:31 Acme Shop <hello@acme.example>:",
    "zh gmail": "Acme Shop <hello@acme.example> 于2021年11月5日周五 上午9:31写道：",
    "ko gmail": "2021년 11월 5일 (금) 오전 9:31, Acme Shop <hello@acme.example>님이 작성:",
    "ar gmail": "في الجمعة، ٥ نوفمبر ٢٠٢١، ٩:٣١ ص Acme Shop <hello@acme.example> كتب:",
    "bg gmail": "На пт, 5.11.2021 г. в 9:31 Acme Shop <hello@acme.example> написа:",
}

HEADERS = {
    "en outlook": "From: Acme Shop <hello@acme.example>\nSent: Friday, November 5, 2021 9:31 AM\nTo: Ann <ann@x.example>\nSubject: Your order",
    "en outlook.com": "________________________________\nFrom: Acme Shop <hello@acme.example>\nSent: Friday, November 5, 2021 9:31\nTo: Ann\nSubject: Your order",
    "en outlook bold": "*From:* Acme Shop [mailto:hello@acme.example]\n*Sent:* Friday, November 5, 2021 9:31 AM\n*To:* Ann\n*Subject:* Your order",
    "en original": "-----Original Message-----\nFrom: Acme Shop\nSent: Friday, November 5, 2021 9:31 AM\nTo: Ann\nSubject: Your order",
    "ru outlook": "От: Acme Shop <hello@acme.example>\nОтправлено: 5 ноября 2021 г. 9:31\nКому: Анна <ann@x.example>\nТема: Ваш заказ",
    "ru outlook dashed": "-----Исходное сообщение-----\nОт: Acme Shop\nОтправлено: 5 ноября 2021 г. 9:31\nКому: Анна\nТема: Ваш заказ",
    "ru windows mail": "От: Acme Shop\nОтправлено: 5 ноября 2021 г. в 9:31\nКому: Анна\nТема: Ваш заказ",
    "ru thunderbird": "-------- Исходное сообщение --------\nТема: \tВаш заказ\nДата: \tFri, 5 Nov 2021 09:31:50 +0300\nОт: \tAcme Shop <hello@acme.example>\nКому: \tann@x.example",
    "uk outlook": "Від: Acme Shop <hello@acme.example>\nНадіслано: 5 листопада 2021 р. 9:31\nКому: Анна\nТема: Ваше замовлення",
    "de outlook": "Von: Acme Shop <hello@acme.example>\nGesendet: Freitag, 5. November 2021 09:31\nAn: Ann\nBetreff: Ihre Bestellung",
    "de web.de": 'Gesendet: Freitag, 05. November 2021 um 09:31 Uhr\nVon: "Acme Shop" <hello@acme.example>\nAn: ann@x.example\nBetreff: Ihre Bestellung',
    "fr outlook": "De : Acme Shop <hello@acme.example>\nEnvoyé : vendredi 5 novembre 2021 09:31\nÀ : Ann\nObjet : Votre commande",
    "es outlook": "De: Acme Shop <hello@acme.example>\nEnviado: viernes, 5 de noviembre de 2021 9:31\nPara: Ann\nAsunto: Su pedido",
    "it outlook": "Da: Acme Shop <hello@acme.example>\nInviato: venerdì 5 novembre 2021 09:31\nA: Ann\nOggetto: Il suo ordine",
    "pt outlook": "De: Acme Shop <hello@acme.example>\nEnviada em: sexta-feira, 5 de novembro de 2021 09:31\nPara: Ann\nAssunto: Seu pedido",
    "nl outlook": "Van: Acme Shop <hello@acme.example>\nVerzonden: vrijdag 5 november 2021 09:31\nAan: Ann\nOnderwerp: Uw bestelling",
    "pl outlook": "Od: Acme Shop <hello@acme.example>\nWysłano: piątek, 5 listopada 2021 09:31\nDo: Ann\nTemat: Zamówienie",
    "cs outlook": "Od: Acme Shop <hello@acme.example>\nOdesláno: pátek 5. listopadu 2021 9:31\nKomu: Ann\nPředmět: Objednávka",
    "sv outlook": "Från: Acme Shop <hello@acme.example>\nSkickat: den 5 november 2021 09:31\nTill: Ann\nÄmne: Din order",
    "da outlook": "Fra: Acme Shop <hello@acme.example>\nSendt: 5. november 2021 09:31\nTil: Ann\nEmne: Din ordre",
    "fi outlook": "Lähettäjä: Acme Shop <hello@acme.example>\nLähetetty: perjantai 5. marraskuuta 2021 9.31\nVastaanottaja: Ann\nAihe: Tilaus",
    "tr outlook": "Gönderen: Acme Shop <hello@acme.example>\nGönderildi: 5 Kasım 2021 Cuma 09:31\nKime: Ann\nKonu: Sipariş",
    "zh outlook": "发件人: Acme Shop <hello@acme.example>\n发送时间: 2021年11月5日 9:31\n收件人: Ann\n主题: 订单",
    "ja outlook": "差出人: Acme Shop <hello@acme.example>\n送信日時: 2021年11月5日 9:31\n宛先: Ann\n件名: ご注文",
}

DEVICE_LINES = [
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from Yahoo Mail on Android",
    "Sent with ProtonMail Secure Email.",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail.ru",
    "Отправлено из мобильной Яндекс Почты: http://m.ya.ru/ymail",
    "Отправлено с моего устройства Samsung",
    "Отправлено из Почты Mail.ru для Android",
    "Надіслано з iPhone",
    "Von meinem iPhone gesendet",
    "Gesendet mit der GMX Mail App",
    "Envoyé de mon iPhone",
    "Télécharger Outlook pour Android",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Enviado do meu iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "iPhone'umdan gönderildi",
    "Az iPhone-omról küldve",
    "Trimis de pe iPhone",
    "iPhoneから送信",
    "发自我的iPhone",
]

QUOTE = "How was your order?\nPlease tell us.\n\nThe Acme team"


def quoted(text: str) -> str:
    return "\n".join(f"> {row}".rstrip() for row in text.split("\n"))


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
        "2021-11-05, pn, 09:31 Acme Shop <hello@acme.example> rašė:",
        "शुक्र, 5 नव॰ 2021 को 9:31 am को Acme Shop <hello@acme.example> ने लिखा:",
        "05.11.2021 09:31, Acme Shop þetta ritaði:",
    ],
)
def test_attributions_in_languages_nobody_listed_are_known_by_the_quotation_below(line: str) -> None:
    mail = read_text(f"Labai gerai.\n\n{line}\n\n{quoted(QUOTE)}\n")
    assert mail.text == "Labai gerai."


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


HTML = {
    "gmail": '<div dir="ltr">Typed &amp; sent<br></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Fri, Acme &lt;<a href="mailto:h@a.example">h@a.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">OLD</blockquote></div>',
    "outlook web": '<div>Typed &amp; sent</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Acme<br><b>Sent:</b> Friday<br></div><div>OLD</div>',
    "outlook": '<div class="WordSection1"><p class="MsoNormal">Typed &amp; sent<o:p></o:p></p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>From:</b> Acme</p></div><p>OLD</p></div>',
    "apple": '<div>Typed &amp; sent</div><div><br><blockquote type="cite"><div>On 5 Nov 2021, at 9:31, Acme &lt;h@a.example&gt; wrote:</div><div>OLD</div></blockquote></div>',
    "thunderbird": '<p>Typed &amp; sent</p><div class="moz-cite-prefix">On 05.11.2021 09:31, Acme wrote:<br></div><blockquote type="cite" cite="mid:1">OLD</blockquote>',
    "yahoo": '<div>Typed &amp; sent</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Friday Acme wrote:</div><div>OLD</div></div>',
    "yandex": '<div>Typed &amp; sent</div><div> </div><div>05.11.2021, 09:31, "Acme" &lt;h@a.example&gt;:</div><blockquote><p>OLD</p></blockquote>',
    "mail.ru": '<div>Typed &amp; sent</div><blockquote style="border-left:1px solid #0857A6; margin:10px; padding:0 0 0 10px;">Пятница, 5 ноября 2021, 9:31 +03:00 от Acme &lt;h@a.example&gt;:<br>OLD</blockquote>',
    "gmx": '<div>Typed &amp; sent</div><div name="quote" style="margin:10px 5px 5px 10px; padding:10px 0 10px 10px; border-left:2px solid #C3D9E5;"><b>Gesendet:</b> Freitag<br><b>Von:</b> Acme<br>OLD</div>',
    "proton": '<div>Typed &amp; sent</div><div class="protonmail_quote">On Friday, Acme wrote:<blockquote class="protonmail_quote" type="cite">OLD</blockquote></div>',
    "flattened": "<p>Typed &amp; sent</p><p>Am 05.11.2021 um 09:31 schrieb Acme &lt;h@a.example&gt;:</p><p>OLD</p>",
    "hidden": '<div style="display:none">preheader</div><style>p{color:red}</style><p>Typed &amp; sent</p><blockquote type="cite">OLD</blockquote>',
}


@pytest.mark.parametrize("client", HTML)
def test_html_is_cut_where_its_structure_says(client: str) -> None:
    mail = read_html(f"<html><body>{HTML[client]}</body></html>")
    assert mail.text == "Typed & sent"
    assert "OLD" in mail.quote


def test_signatures_that_html_marks_are_told() -> None:
    mail = read_html('<div>Fine.</div><div id="ms-outlook-mobile-signature">Get <a href="x">Outlook for iOS</a></div>')
    assert (mail.text, mail.signature) == ("Fine.", "Get Outlook for iOS")


RUSSIAN = {
    "the bat": "Вы писали 5 ноября 2021 г., 9:31:50:\n\nAS> Как вам заказ?\nAS> Ждём",
    "mail.ru app": "--\nОтправлено из мобильной Почты Mail.ru\n\nпятница, 05 ноября 2021г., 09:31 +03:00 от Acme  hello@acme.example :\n\nКак",
    "opera": "Acme <hello@acme.example> писал(а) в своём письме Fri, 05 Nov 2021 09:31:50 +0300:\n\n> Как",
    "samsung": "Отправлено со смартфона Samsung.\n-------- Исходное сообщение --------\nОт: Acme <hello@acme.example> \nДата: 05.11.2021  09:31  (GMT+03:00) \nКому: a@x.example \nТема: Заказ \n\nКак",
    "samsung glued": "-------- Исходное сообщение --------От: Acme <hello@acme.example> Дата: 05.11.2021  09:31 Кому: a@x.example Тема: Заказ Как",
    "yandex app": "-- \nОтправлено из мобильного приложения Яндекс Почты\n\n05.11.2021, 09:31, Acme <hello@acme.example>:\n\nКак",
    "rambler": "05.11.2021, 09:31, Acme <hello@acme.example>\n\nКак вам заказ?",
    "evolution": "В Пт, 05/11/2021 в 09:31 +0300, Acme пишет:\n> Как",
    "kmail": "В письме от пятница, 5 ноября 2021 г. 09:31:50 MSK пользователь Acme написал:\n> Как",
    "iphone": "Отправлено с iPhone\n\n> 5 нояб. 2021 г., в 09:31, Acme <hello@acme.example> написал(а):\n> \n> Как",
    "huawei": "-------- Исходное сообщение --------\nТема: Заказ\nОтправитель: Acme \nКому: a@x.example\nКопия: \n\nКак",
}


@pytest.mark.parametrize("client", RUSSIAN)
def test_russian_mail_programs_are_known(client: str) -> None:
    mail = read_text(f"{TYPED}\n\n{RUSSIAN[client]}\n")
    assert mail.text == TYPED
    assert "Как" in mail.quote


def test_gmail_indentation_is_no_quotation() -> None:
    mail = read_html(
        '<div>Списком:</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px">порвалось</blockquote>'
    )
    assert mail.text == "Списком:\nпорвалось"


def test_text_typed_below_gmails_quotation_is_found() -> None:
    body = '<div class="gmail_quote"><div class="gmail_attr">On Fri, Acme wrote:</div><blockquote class="gmail_quote">OLD</blockquote><div>Below it.</div></div>'
    assert read_html(body).text == "Below it."


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


WORDS = st.text(alphabet="абвгд xyz>:-_*@<.1\n\r\x00\ud800", max_size=400)


@settings(max_examples=200, deadline=None)
@given(WORDS)
def test_any_body_is_answered_and_never_emptied(body: str) -> None:
    for mail in (read_text(body), read_html(body)):
        assert 0.0 <= mail.confidence <= 1.0
        json.dumps(mail.text)
    plain = read_text(body)
    assert bool(plain.text) == bool(plain.text or plain.quote or plain.signature)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["Всё хорошо.", "It broke.", "", "Цена 500, доставка 5 дней.", "a@b.example пишите"]),
        min_size=1,
        max_size=8,
    )
)
def test_quoting_a_text_does_not_change_what_was_typed(rows: list[str]) -> None:
    typed = "\n".join(rows).strip()
    if not typed:
        return
    mail = read_text(f"{typed}\n\n{ATTRIBUTIONS['ru mail.ru']}\n{quoted(QUOTE)}\n")
    assert mail.text == typed


@pytest.mark.parametrize(
    "body",
    [
        "a" * 1000000,
        ">" * 1000000,
        " " * 1000000,
        "> a\n" * 100000,
        "On 5.5.2020 10:00 he wrote nothing\n" * 10000,
        "hello\n" + "-----\n" * 50000,
        "hello\n" + "From: x\n" * 50000,
        "a@" * 400000,
        "1 " * 400000,
        "_ " * 400000,
    ],
    ids=range(10),
)
def test_huge_bodies_are_read_in_seconds(body: str) -> None:
    start = time.process_time()
    read_text(body)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 50_000 + "x",
        "<p>hello</p>" * 100_000,
        "<" * 500_000,
        '<a b="' * 50_000,
        "<!--" * 100_000,
        "<blockquote>" * 10_000 + "x",
    ],
    ids=range(6),
)
def test_huge_html_is_read_in_seconds(body: str) -> None:
    start = time.process_time()
    read_html(body)
    assert time.process_time() - start < 10
