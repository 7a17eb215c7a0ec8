"""Whether the words of a mail are a machine's: out-of-office notices and acknowledgements of receipt.

Two halves are asked for, because each alone also occurs in what guests and buyers write: somebody says that they are
away and until when or whom to ask instead; a desk says that a message came in and what happens next. A sentence by which
a mail calls itself automatic is enough alone.
"""

from __future__ import annotations

import re
from functools import lru_cache

from collectors.platforms.mail.markers import fold, plain

_OPENING = 400
_READ = 1_500
_LONGEST = 4_000
"""Code points of a typed text above which it is no notice."""

_ABSENT = (
    # English
    r"\b(?:i am|i'm|i will be|i'll be|we are|am|currently|be) (?:[a-z]+ )?(?:out of (?:the |my )?office|ooo\b|away from (?:the "
    r"office|my desk|my e?-?mail)|on (?:[a-z]+ )?(?:leave|vacation|holidays?)\b|on a business trip)",
    r"\bi (?:have|will have|am having) (?:very )?(?:limited|no|little) access to (?:my )?e?-?mails?",
    # Russian, Ukrainian
    r"(?<!\w)(?:(?:нахожусь|нахожуся|пребываю|перебуваю|буду|я|сейчас|зараз)(?: \w+)? (?:во?|у) (?:\w+ )?(?:отпуске|командировке|відпустці"
    r"|відрядженні|декрет\w*(?: отпуске)?))",
    r"(?<!\w)(?:меня|мене)(?: \w+)? (?:не будет|нет|немає|не буде)(?: \w+)? (?:во? офисе|в офісі|на (?:рабочем|робочому) \w+|на работе|на роботі"
    r"|на связи|на зв'язку)",
    r"(?<!\w)(?:(?:я|буду|временно|тимчасово) (?:буду |временно )?(?:отсутствую|отсутствовать|відсутн\w+)|отсутствую на)",
    r"(?<!\w)в связи с (?:\w+ )?отпуском",
    # German, Dutch
    r"\bich (?:bin|befinde mich|werde) [^!?]{0,60}?(?:nicht im (?:büro|hause)|im (?:\w+ ?)?urlaub|außer haus|abwesend"
    r"|in elternzeit|nicht erreichbar|auf dienstreise)",
    r"\bik ben [^!?]{0,50}?(?:niet op kantoor|met (?:vakantie|verlof)|afwezig|op vakantie)",
    # French
    r"\bje (?:suis|serai) (?:\w+ ){0,2}(?:absente?|en (?:congés?|vacances|déplacement)|hors du bureau)",
    # Spanish, Portuguese
    r"\b(?:me encuentro|estoy|estaré|estou|estarei|encontro-me)(?: \w+)? (?:fuera de (?:la|mi) oficina|de (?:vacaciones|férias|baja|licença)"
    r"|ausente|fora do escritório)",
    # Italian, Polish, Czech
    r"\b(?:sono|sarò)(?: \w+)? (?:in (?:ferie|vacanza|trasferta)|fuori (?:ufficio|sede)|assente)",
    r"(?<!\w)(?:(?:jestem|przebywam|będę|przebywać)(?: \w+)? na (?:\w+ )?urlopie|(?:jestem|będę)(?: \w+)? (?:nieobecn\w+|poza biurem))",
    r"(?<!\w)(?:nejsem v kanceláři|jsem na dovolené|mám dovolenou|nie som v kancelárii|som na dovolenke)",
    # the north
    r"\b(?:jag är (?:inte på kontoret|på semester|ledig)|jag har semester|jeg er (?:ikke på kontoret|på ferie)|jeg holder ferie"
    r"|olen (?:lomalla|poissa)|en ole toimistolla)",
    # Turkish, Greek, Hungarian, Romanian
    r"(?<!\w)(?:(?:yıllık )?izinde(?:yim| olacağım)|ofis dışında(?:yım| olacağım)|είμαι εκτός γραφείου|βρίσκομαι σε άδεια|szabadságon vagyok"
    r"|nem vagyok az irodában|sunt în concediu|nu sunt la birou)",
    # East Asia, Semitic
    r"(?:正在|目前|现在)?休假中?|不在办公室|不在辦公室|正在出差|休暇(?:中|をいただ)|不在に(?:して|し、)|休業(?:中|とさせ)|부재중입니다|أنا خارج المكتب|אני מחוץ למשרד",
)
_GUEST = re.compile(
    r"^[^.!?]{0,30}(?:\b(?:in|at) your\b|\bhere\b|(?<!\w)(?:у вас|в ваш\w+|здесь|тут)(?!\w)|\bbei (?:ihnen|euch)|\bin (?:ihrem|eurem)|\bchez vous"
    r"|\b(?:en|no) (?:su|seu)\b|\b(?:da|nel) (?:voi|vostro)|\bin (?:jullie|uw)|\bw (?:waszym|państwa))"
)
_LATER = (
    r"\b(?:until|till|through|upon my return|(?:on|after) my return|will return|returning|return to|be back|urgent\w*|in my absence|immediate"
    r"|limited|no access)\b|\bfrom (?:\w+ ){0,2}\d",
    r"(?<!\w)(?:вернусь|вернемся|возвраща\w+|после возвращения|срочн\w+|терміново\w*|термінов\w+|повернусь|повернення|на время моего|обращайтесь|звертайтесь)"
    r"|(?<!\w)(?:до|по|с|з) \d{1,2}[. ]",
    r"\b(?:bis|wieder (?:da|im|erreichbar)|zurück|dringend\w*|vertretung|weitergeleitet|zugriff|tot|terug|dringende?)\b|\bab (?:dem )?\d|\bvom \d",
    r"\b(?:jusqu|de retour|à mon retour|urgen\w+|hasta|regres\w+|vuelt\w+|fino|rientr\w+|até|regress\w+|retorn\w+|wróc\w+|wrac\w+|powro\w+|piln\w+"
    r"|do \d|tilbage|tillbaka|takaisin|întorc|vissza)\b|\b(?:du|del|dal|de|od|fra|från) \d",
    r"(?<!\w)(?:acil|kadar|dönüş\w*|döneceğim)(?!\w)|επιστρ",
    r"返回|紧急|緊急|急ぎ|急事|出社|回来|之后|以后|日から|日まで|月\d+日",
)
_MADE = r"(?:создан|сформирован|сгенерирован|отправлен|направлен|згенерован|створен|надіслан)\w*"
_AUTOMATIC = (
    r"\bthis is an? (?:auto(?:matic(?:ally)?|mated|-?generated)) (?!machine|door|coffee|car\b|watch)",
    r"\bthis (?:e-?mail|message|reply|response) (?:is|was|has been) (?:sent |generated |created )?automatically",
    r"\b(?:please )?do not (?:reply|respond) to this (?:e-?mail|message|notification)",
    rf"(?<!\w)(?:письмо|сообщение|ответ|лист|повідомлення)(?: \w+)? (?:{_MADE} автоматич(?:ески|но)|автоматич(?:ески|но) {_MADE})",
    r"(?<!\w)это (?:было )?автоматическ(?:ий ответ|ое (?:сообщение|письмо|уведомление))|це автоматичн(?:а відповідь|е повідомлення)",
    r"(?<!\w)не отвечайте на (?:это|данное) (?:письмо|сообщение)|отвечать на (?:это|него) (?:письмо )?не (?:нужно|надо)",
    r"\b(?:dies ist eine automatische|diese (?:nachricht|e-?mail) wurde automatisch|bitte antworten sie nicht auf diese)",
    r"\b(?:ceci est (?:un message|une réponse) automatique|merci de ne pas répondre à ce)",
    r"\b(?:est[ea] es (?:un(?:a)? )?(?:mensaje|respuesta|correo) automátic|por favor,? no responda a este)",
    r"\b(?:est[ea] é uma? (?:mensagem|resposta|e-?mail) automátic|por favor,? não responda)",
    r"\b(?:quest[oa] è un(?:a|')? ?(?:messaggio|risposta|e-?mail) automatic|si prega di non rispondere)",
    r"(?<!\w)(?:to jest automatyczna|(?:wiadomość|mail)(?: \w+)? (?:wygenerowan\w+|wysłan\w+) automatycznie|prosimy nie odpowiadać na)",
    r"\b(?:dit is een automatisch|toto je automatická|detta är ett automatiskt|dette er et automatisk|ceci est un message automatique)",
    r"(?<!\w)(?:bu (?:otomatik|e-posta otomatik|mesaj otomatik)|lütfen bu (?:e-postayı|mesajı) yanıtlamayın)",
    r"这是一封自动|自动(?:发送|回复|生成)的?邮件|系统自动|请勿(?:直接)?回复|自動(?:的に)?(?:送信|返信|配信|応答)(?:され|して|メール)",
)
_RECEIVED = (
    r"\b(?:we(?: have|'ve)? received your|your (?:\w+ )?(?:request|ticket|message|e-?mail|enquiry|inquiry|case)[^.!?]{0,40} (?:has|have) been"
    r" (?:received|registered|logged|created|assigned)|thank you for (?:contacting|your (?:e-?mail|message|enquiry|inquiry)))",
    r"(?<!\w)ваш[еау]? (?:\w+ )?(?:обращение|заявк[ау]|запрос|письмо|сообщение|звернення|лист)[^.!?]{0,40}"
    r" (?:зарегистрирован\w*|принят\w*|получен\w*|зареєстрован\w*|отриман\w*|прийнят\w*)",
    r"\b(?:ihre (?:anfrage|nachricht|e-?mail) (?:ist|wurde|haben)[^.!?]{0,30} (?:eingegangen|erhalten|registriert)|vielen dank für ihre (?:nachricht"
    r"|anfrage|e-?mail))",
    r"\b(?:nous avons (?:bien )?reçu votre|votre (?:demande|message) a (?:bien )?été (?:reçue?|enregistrée?)|hemos recibido su|su (?:solicitud|mensaje)"
    r" ha sido (?:recibid\w+|registrad\w+)|recebemos (?:a )?sua|abbiamo ricevuto (?:la )?(?:sua|tua)|otrzymaliśmy (?:twoj|państwa|pani|pana)\w*)",
    r"已(?:经)?收到您的(?:邮件|来信|来件)|您的(?:邮件|来信)(?:我)?(?:们)?已(?:经)?(?:收到|收悉)|お問い合わせ(?:いただき)?ありがとう",
)
_NEXT = (
    r"\b(?:ticket|case|reference) ?(?:number|id|#|no\.?)|\b(?:get|getting) back to you|\bwe(?: will|'ll| aim to| try to)? (?:respond|reply|answer)\b"
    r"|\b(?:being reviewed|(?:support|our) (?:staff|team) will|do not reply|will be (?:reviewed|processed|answered))",
    r"(?<!\w)(?:под номером|номер (?:обращения|заявки|звернення)|(?:мы |ми )?(?:ответим|свяжемся|відповімо|зв'яжемося)"
    r"|буд(?:ет|е) (?:обработан\w*|рассмотрен\w*|опрацьован\w*|розглянут\w*))",
    r"\bwir (?:[\w-]+ ){0,6}(?:melden|bearbeiten|antworten|kümmern|beantworten)\b|\bwerden (?:wir )?(?:[\w-]+ ){0,5}(?:melden|bearbeitet|antworten)\b"
    r"|\bticketnummer",
    r"\b(?:nous (?:\w+ ){0,3}répondrons|dans les meilleurs délais|le responderemos|responderemos|risponderemo|ti risponder\w+|odpowiemy)\b",
    r"尽快(?:给您)?(?:回复|处理|答复|与您)|担当者より|折り返し|自動",
)
_GONE = (
    r"\b(?:i no longer work|i have left|is no longer (?:with|employed|working)|no longer with the company)",
    r"(?<!\w)(?:больше не работа(?:ю|ет) в|уволил(?:ся|ась) из|я (?:больше|уже) не работаю|більше не працю(?:ю|є))",
    r"\b(?:nicht mehr (?:im unternehmen|für \w+ tätig|bei \w+ tätig)|ne fait plus partie|ne travaille plus|ya no trabajo|não trabalho mais"
    r"|non lavoro più|nie pracuję już|werk niet meer)",
)
_INSTEAD = (
    r"\b(?:please )?(?:contact|direct|write to|send|forward|e-?mail)\b|(?<!\w)(?:обращайтесь|пишите|звертайтесь|пишіть|направляйте|адресуйте)"
    r"|\b(?:wenden sie sich|kontaktieren sie|contacter|contacte|contatte|contattare|contact op|kontaktować|kontakt)\b"
)


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    groups = {
        "absent": _ABSENT,
        "later": _LATER,
        "automatic": _AUTOMATIC,
        "received": _RECEIVED,
        "next": _NEXT,
        "gone": _GONE,
        "instead": (_INSTEAD,),
    }
    return {name: re.compile("|".join(f"(?:{part})" for part in parts)) for name, parts in groups.items()}


def says_away(text: str) -> bool:
    """Whether a short text is an automatic answer's: it calls itself so, or opens with an absence or a receipt.

    An absence counts with its end, its access to mail or its deputy; a receipt with what happens next. So guests who
    write from their holiday stay: "I am on vacation in your hotel and the room is damp".
    """
    if len(text) > _LONGEST:
        return False
    told, found = _told(text), _patterns()
    opening = told[:_OPENING]
    return bool(
        found["automatic"].search(told)
        or (_absent(opening) and found["later"].search(told))
        or (found["received"].search(opening) and found["next"].search(told))
        or (found["gone"].search(opening) and found["instead"].search(told))
    )


def bears_out(text: str, *, holiday: bool) -> bool:
    """Whether a text below a subject that names an absence speaks of it, too.

    Args:
        text: What is typed in the mail.
        holiday: The subject names a holiday, which is also a guest's headline, so that its end alone is not enough.
    """
    told, found = _told(text), _patterns()
    return bool(_absent(told) or (not holiday and found["later"].search(told)))


def _absent(told: str) -> bool:
    """Whether somebody says that they are away, and not that they are a guest of ours."""
    found = _patterns()["absent"].search(told)
    return found is not None and _GUEST.match(told[found.end() :]) is None


def _told(text: str) -> str:
    return " ".join(fold(plain(row)) for row in text[:_READ].splitlines() if row.strip()).replace("ё", "е")
