r"""Mails: what a person typed, told apart from quotations, signatures and machines.

>>> read_text("Отлично, 5 звёзд!\n\n> Как вам заказ?").text
'Отлично, 5 звёзд!'
"""

from collectors.platforms.mail.message import Address
from collectors.platforms.mail.read import Mail, inspect, read_any, read_html, read_mail, read_text

__all__ = ["Address", "Mail", "inspect", "read_any", "read_html", "read_mail", "read_text"]
