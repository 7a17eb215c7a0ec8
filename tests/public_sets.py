"""How the public data sets (MOLVA_DATA) are read as files: the mapping of each, as a user would write it."""

from __future__ import annotations

SETS = {
    "B2_ru_gazprombank_sravni_banki/sravni_banki.jsonl.gz": {
        "id": "url",
        "url": "url",
        "source": "source",
        "subject.id": "bank_name",
        "text": "text",
        "rating.value": "rating",
        "published_at": {"column": "review_date", "relative_to": "parsed_at"},
        "badges": "validation",
    },
    "B3_ru_ozon_one_product/ozon_reviews.jsonl.gz": {
        "id": "review_id",
        "source": "=ozon",
        "subject.id": "=product",
        "author.name": "author",
        "rating.value": "rating",
        "text": "text",
        "pros": "pros",
        "cons": "cons",
        "published_at": "published_at",
        "experience_at": "date",
    },
    "B6_amazon_all_beauty_5core/all_beauty_5core.jsonl.gz": {
        "source": "=amazon",
        "subject.id": "asin",
        "author.id": "reviewerID",
        "author.name": "reviewerName",
        "rating.value": "overall",
        "title": "summary",
        "text": "reviewText",
        "verified": "verified",
        "published_at": {"column": "reviewTime", "format": "%m %d, %Y"},
    },
    "B7_trustpilot_10_companies/trustpilot.jsonl.gz": {
        "id": "review_id",
        "source": "=trustpilot",
        "subject.id": "company_domain",
        "author.id": "consumer_id",
        "author.name": "consumer_name",
        "rating.value": "rating",
        "title": "review_title",
        "text": "review_text",
        "verified": "is_verified",
        "published_at": "review_time",
        "experience_at": "experience_time",
        "reply.text": "reply_text",
        "counters.likes": "likes",
    },
}
