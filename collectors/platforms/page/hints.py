"""The words by which pages without markup give their parts away: in class names, labels and button texts.

Each table is one regular expression over lower-case text; none has nested repetition.
"""

from __future__ import annotations

import re

REVIEW = re.compile(
    r"review|otzyv|otziv|testimonial|opinion|feedback|bewertung|avis(?![a-z])|reseñ|resena|recensi|recenz|opini|yorum|"
    r"отзыв|відгук|комментари[ий] покупател|rezension|kundenmeinung|ugc|ratings-list"
)
OTHER = re.compile(
    r"question|(?<![a-z])faq|(?<![a-z])qa(?![a-z])|q-and-a|(?<![a-z])news|recipe|article-(?:card|list)|(?<![a-z])jobs?(?![a-z])|вопрос|product-card"
)
COMMENT = re.compile(r"comment|kommentar|комментари|discussion|forum|thread|topic|post(?:s|body)?(?![a-z])|message")
RATING = re.compile(
    r"rating|(?<![a-z])rate(?![a-z])|rated|stars?(?![a-tv-z])|score|bubble|оценк|рейтинг|bewert|zvezd|"
    r"grade|punkte|estrell|(?<![a-z])mark(?![a-z])"
)
AGGREGATE = re.compile(r"average|summary|overall-rating|aggregate|histogram|distribution|breakdown|rating-bar|total")
DATE = re.compile(
    r"date|time|posted|published|created|submitted|when|(?<![a-z])ago(?![a-z])|(?<![a-z])дата|datum|fecha"
)
NOT_PUBLISHED = re.compile(
    r"joined|member since|registered|на сайте с|регистраци|visit|stayed|date of (?:stay|experience|visit)|"
    r"purchased|bought|"
    r"куплен|дата покупки|дата посещения|опыт использования|использу|edited|updated|изменен|отредактир|"
    r"born|replied|response"
)
AUTHOR = re.compile(
    r"author|user(?!-?(?:content|generated|rating|review))|"
    r"(?<!review-)(?<!product-)(?<!item-)(?<!file-)(?<!class-)(?<![a-z])name(?![a-z])|[a-z]name(?![a-z])|"
    r"nick|reviewer|(?<![a-z])login|profile|byline|customer(?!-?review)|"
    r"(?<![a-z])by(?![a-z])|person|member|client|consumer|(?<![a-z])owner|автор|poster|writer|autor|nombre|pseudo"
)
NOT_AUTHOR = re.compile(
    r"title|text|body|content|product|location|city|address|count|badge|reply|response|brand|shop|store|"
    r"verified|helpful|share|"
    r"rank|level|avatar|photo|image|rating|star|date|time|region|role|company|status|button|btn|icon|from|"
    r"position|useful|vote|subject|headline|heading"
)
TITLE = re.compile(
    r"title|(?<![a-z])(?:no-)?quotes?(?![a-z])|review-name|subject|headline|heading|summary|"
    r"(?<![a-z])head(?![a-z])|заголов|titre|titel|caption"
)
TEXT = re.compile(
    r"text|body|content|comment|descri|message|review-?copy|(?<![a-z])copy|quote|opinion|prose|excerpt|"
    r"entry|desc(?![a-z])|inhalt"
)
REPLY = re.compile(
    r"(?<![a-z])repl(?:y|ies)(?!-(?:button|btn|link|form|to)(?![a-z]))|respon[sd](?!ive)|(?<![a-z])answer|"
    r"owner-?(?:comment|resp)|seller-?(?:comment|ans)|"
    r"official-?(?:comment|ans|resp)|merchant|antwort|ответ|vendor-?(?:comment|resp)|dealer-?resp|"
    r"company-?(?:comment|ans|resp|repl)|business-?(?:comment|resp|repl)|"
    r"children(?![a-z])"
)
REPLY_HEAD = re.compile(
    r"^(?:.{0,40}\s)?(?:official )?(?:response|reply|answer|comment) (?:from|by|of)\b|"
    r"^owner'?s? (?:response|reply)|^(?:официальный )?ответ\b.{0,60}"
    r"(?:магазин|компани|представител|продавц|владел|банк|организац|бренд|производител|администраци|"
    r"поддержк)|^представитель .{0,60}|^antwort (?:von|des|der)|"
    r"^réponse d|^respuesta d|^risposta d|^resposta d|^reactie van|^odpowiedź"
)
NOISE = re.compile(
    r"helpful|useful|vote|like(?![a-z])|dislike|thumb|share|report(?!er)|abuse|flag|action(?!ed)|toolbar|"
    r"button|btn|read-?more|show-?more|more-?link|"
    r"toggle|social|tooltip|popup|modal|dropdown|menu|footer|complain|полезн|breadcrumb|pagination|"
    r"(?<!no)translate|permalink|upvote|downvote|helpfulness|karma"
)
PERSON = re.compile(r"avatar|guest|profile|(?<![a-z])user|reviewer|member|consumer|author|contributor|who")
RANK = re.compile(r"(?<![a-z])rank|reputation|karma|level|(?<![a-z])trust-?level|experience")

NOISE_LINE = re.compile(
    r"^(?:[\d.,\s]{0,12}(?:of|из|von|out of)?[\d.,\s]{0,12}\s?(?:people|person|users?|customers?|человек|"
    r"пользовател\w{0,6}|personen|personnes)?\s?"
    r"(?:found|find|считают|посчитали|нашли|fanden|ont trouvé|полезн)\b.{0,60}|"
    r"(?:was|is) this (?:review |answer )?(?:helpful|useful).{0,40}|"
    r"(?:этот )?отзыв (?:был )?(?:вам )?(?:полез|помог).{0,40}|(?:был ли )?(?:этот |"
    r"данный )?отзыв полез.{0,40}|"
    r"(?:вам )?помог (?:ли )?(?:вам )?(?:этот |данный )?отзыв.{0,20}|(?:helpful|not helpful|unhelpful|"
    r"useful|report|report abuse|report this review|flag|share|comment|comments|reply|like|dislike|yes|no|"
    r"edit|translate|permalink|"
    r"полезно|не полезно|полезный отзыв|бесполезно|пожаловаться|поделиться|комментировать|комментарии|"
    r"ответить|нравится|не нравится|да|нет|спасибо|ещё|еще|"
    r"hilfreich|nicht hilfreich|melden|teilen|antworten|utile|signaler|répondre|útil|denunciar|compartir|"
    r"svara|beantwoorden|reageren|odpowiedz|rispondi|responder|odpovědět|odpovedať|vastaa|svar|yanıtla|"
    r"відповісти|返信)\s{0,3}[?!:]?\s{0,3}[(\[]?\s?\d{0,6}\s?[)\]]?|"
    r"(?:comments?|комментари\w{1,3}|ответ\w{0,3}|likes?|лайк\w{0,2})\s{0,2}[:(]?\s?\d{1,6}\s?\)?|"
    r"\d{1,6} (?:comments?|likes?|repl(?:y|ies)|комментари\w{1,3}|ответ\w{0,3})|"
    r"(?:yes|no|да|нет)\s{0,2}[(:/]?\s?\d{0,5}\)?(?:\s{0,2}[/|]?\s{0,2}(?:yes|no|да|нет)\s{0,2}[(:]?\s?\d{0,5}\)?)?|"
    r"[\d\s()+|/·•.,:👍👎❤♥−-]{1,20})$"
)
MORE = re.compile(
    r"^[\s.…(\[]{0,6}(?:(?:read|show|see|view|hide|click for)\s(?:the\s)?(?:more|less|full|all|"
    r"full review|entire review|review|details|original)(?:\s\w{1,12}){0,2}|more|less|full review|"
    r"читать (?:далее|дальше|полностью|весь отзыв|отзыв|ещё|еще|целиком|отзыв полностью)|"
    r"показать (?:полностью|ещё|еще|весь|целиком|оригинал)(?:\s\w{1,12})?|"
    r"подробнее|далее|свернуть|развернуть|скрыть|ещё|еще|раскрыть|"
    r"mehr(?: lesen| anzeigen)?|weiterlesen|lire (?:la suite|plus)|voir plus|plus|leer más|ver más|"
    r"mostra altro|leggi tutto|ler mais|ver mais|lees meer|meer|czytaj więcej|więcej)"
    r"[\s.…)\]»>→▼▾]{0,6}$"
)
VERIFIED = re.compile(
    r"(?<!un)verified (?:purchase|buyer|customer|owner|reviewer|order|guest|client|user|visit|review)|"
    r"(?<!un)verified(?=\s*$)|"
    r"(?:проверенн|подтвержд[её]нн)\w{1,3} (?:покупк|покупател|заказ|отзыв|визит|клиент|владел)|"
    r"покупка подтверждена|куплен на |реальный покупатель|"
    r"verifizierter (?:kauf|käufer)|achat vérifié|compra verificada|acquisto verificato|geverifieerde (?:aankoop|koper)"
)
PRICE = re.compile(r"[$€£₽₴₸¥]\s?\d|\d[\d\s.,]{0,12}\s?(?:[$€£₽₴₸¥]|руб|р\.|грн|usd|eur|zł|kr)(?![a-zа-я])")
COUNTED = re.compile(
    r"^\(?\s?\d[\d\s.,]{0,9}(?:k|тыс\.?)?\s?(?:ratings?|reviews?|отзыв\w{0,3}|оцен\w{1,3}|votes?|"
    r"голос\w{0,3}|bewertungen|avis|opiniones)?\s?\)?$"
)
EMPTY = re.compile(
    r"(?:there are |there're )?no (?:customer |user |product )?(?:reviews|ratings|comments|"
    r"feedback)(?: (?:yet|found|available|to display|for this|have been))?|be the first to (?:review|"
    r"write|leave|rate)|"
    r"(?:отзывов|оценок|комментариев) (?:пока |ещё |еще |к сожалению )?нет|нет (?:отзывов|оценок)|"
    r"(?:пока |ещё |еще )?(?:никто не|не) остав(?:ил|лен|лял)\w{0,2} (?:ни одного )?отзыв|"
    r"(?:станьте|будьте) первым|оставьте первый отзыв|ваш отзыв будет первым|noch keine (?:bewertungen|"
    r"rezensionen)|aucun avis|sin (?:opiniones|reseñas)|nessuna recensione|"
    r"відгуків (?:поки |ще )?немає|brak (?:opinii|recenzji)|(?:has not|hasn't|"
    r"have not) (?:yet )?been (?:reviewed|rated)|not yet (?:been )?(?:reviewed|rated)"
)

PROS = (
    r"достоинства|плюсы|преимущества|понравилось|что понравилось|мне понравилось|pros|advantages|the good|"
    r"what do you like best(?: about [^?]{1,60})?|likes|strengths|best part|what i like|vorteile|das gute|"
    r"positiv|points forts|avantages|les plus|pros y|lo bueno|ventajas|pregi|pontos positivos|"
    r"вади та переваги|переваги|zalety|\+"
)
CONS = (
    r"недостатки|минусы|не понравилось|что не понравилось|мне не понравилось|cons|disadvantages|the bad|"
    r"what do you dislike(?: about [^?]{1,60})?|dislikes|weaknesses|drawbacks|nachteile|negativ|"
    r"points faibles|inconvénients|les moins|lo malo|desventajas|difetti|pontos negativos|недоліки|wady|-|"
    r"−|–"
)
BODY = (
    r"комментарий|комментарии|отзыв|текст отзыва|общее впечатление|впечатления?|описание|итог|вывод|"
    r"comments?|review|overall|my review|summary|description|kommentar|fazit|commentaire|comentario|"
    r"commento|коментар|відгук|komentarz"
)
LABEL = re.compile(rf"^(?:(?P<pros>{PROS})|(?P<cons>{CONS})|(?P<body>{BODY}))\s{{0,3}}[?:：]?$", re.IGNORECASE)
LABELLED = re.compile(
    rf"^(?:(?P<pros>{PROS.removesuffix(chr(124) + chr(92) + '+')})|(?P<cons>{CONS.removesuffix('|-|−|–')})|"
    rf"(?P<body>{BODY}))"
    r"(?:\s{0,3}[:：]\s{0,3}|\s{1,3}[–—-]\s{1,3})(?P<rest>\S.{0,50000})$",
    re.IGNORECASE,
)
STATED = re.compile(
    r"star|звезд|звёзд|зірок|зірк|stern|étoile|estrella|stelle|estrela|gwiazd|sterren|stjärn|rating|rated|"
    r"rate |оцен|рейтинг|оцін|note|bewert|score|valoraci|voto|балл|подряд|punkte|点|つ星"
)
EMPTY_STAR = re.compile(
    r"empty|outline|(?<![a-z])off(?![a-z])|-o(?![a-z])|gr[ae]y|inactive|unfilled|blank|disabled|unchecked|"
    r"unselected|fa-regular|(?<![a-z])far(?![a-z])|void|hollow|blanc|none|border|(?<![a-z])0(?![\d.])|"
    r"light(?![a-z])|пуст"
)
FULL_STAR = re.compile(
    r"full|fill|active|(?<![a-z])on(?![a-z])|checked|selected|yellow|gold|solid|orange|rated|highlight|"
    r"(?<![a-z])fas(?![a-z])|positive|current|lit(?![a-z])|color|bright|(?<![a-z])1(?![\d.])|dark"
)
HALF_STAR = re.compile(r"half|halb|demi|0?\.5")
