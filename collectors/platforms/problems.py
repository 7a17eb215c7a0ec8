"""What is wrong with what somebody sent, said in English and in Russian, so that they can mend it."""

from __future__ import annotations

import msgspec

from schemas.wire import InvalidReview


class Problem(msgspec.Struct, frozen=True):
    """One field and what to do about it, in both languages."""

    field: str
    en: str
    ru: str


class InvalidForm(InvalidReview):
    """A form that cannot be taken as it is; ``problems`` is meant for whoever has filled it in."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.en}" for problem in problems))
        self.problems = problems


def required(field: str) -> Problem:
    """The field is empty."""
    return Problem(field, "please fill in this field", "заполните это поле")


def too_long(field: str, most: int) -> Problem:
    """The field has too many characters."""
    return Problem(field, f"please use at most {most} characters", f"сократите до {most} знаков")


def not_a_number(field: str, worst: float, best: float) -> Problem:
    """The field holds no number of the scale."""
    return Problem(
        field,
        f"please give a number from {worst:g} to {best:g}",
        f"укажите число от {worst:g} до {best:g}",
    )


def unknown_choice(field: str) -> Problem:
    """The field holds none of the values that it may."""
    return Problem(field, "please choose one of the offered values", "выберите одно из предложенных значений")


def no_address(field: str) -> Problem:
    """The field holds no e-mail address or telephone number."""
    return Problem(
        field,
        "please give an e-mail address or a telephone number, or leave it empty",
        "укажите адрес почты или телефон либо оставьте поле пустым",
    )


def unreadable() -> Problem:
    """The body is neither JSON nor a form."""
    return Problem(
        "body",
        "please send a JSON object or a form (application/x-www-form-urlencoded, UTF-8)",
        "отправьте объект JSON или форму (application/x-www-form-urlencoded, UTF-8)",
    )
