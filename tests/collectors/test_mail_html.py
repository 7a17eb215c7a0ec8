"""HTML replies are cut by their own structure, as each mail program writes it."""

from __future__ import annotations

import pytest

from collectors.platforms.mail import read_html

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


def test_gmail_indentation_is_no_quotation() -> None:
    mail = read_html(
        '<div>Списком:</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px">порвалось</blockquote>'
    )
    assert mail.text == "Списком:\nпорвалось"


def test_text_typed_below_gmails_quotation_is_found() -> None:
    body = '<div class="gmail_quote"><div class="gmail_attr">On Fri, Acme wrote:</div><blockquote class="gmail_quote">OLD</blockquote><div>Below it.</div></div>'
    assert read_html(body).text == "Below it."
