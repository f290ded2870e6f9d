"""The first guess of a mapping, from the headers of a file and what stands under them."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from collections.abc import Sequence

from django.utils.translation import gettext as _

from voronka.imports.mapping import CONTACTS, Rule, base_code, free_code
from voronka.imports.splitting import looks_mixed
from voronka.kernel.errors import Sentence

# Header words that people and other systems use, lower-case, for the first guess of a mapping.
_WORDS: dict[str, tuple[str, ...]] = {
    "external_id": ("id", "ид", "код", "opportunity_id", "deal id", "contact id", "company id"),
    "title": ("title", "название сделки", "deal name", "сделка", "наименование сделки"),
    "name": ("name", "наименование", "название", "фио", "имя клиента", "company name", "account"),
    "first_name": ("first name", "имя"),
    "last_name": ("last name", "фамилия"),
    "patronymic": ("отчество", "middle name", "patronymic"),
    "job_title": ("job title", "должность", "position"),
    "phone": ("phone", "телефон", "мобильный", "mobile"),
    "email": ("email", "e-mail", "почта"),
    "address": ("address", "адрес"),
    "website": ("website", "сайт", "domain", "web"),
    "inn": ("инн", "inn"),
    "comment": ("comment", "комментарий", "примечание", "note"),
    "account": ("messenger", "мессенджер", "telegram", "телеграм", "whatsapp"),
    "birthday": ("birthday", "день рождения", "дата рождения", "birth date", "date of birth"),
    "company": ("company", "компания", "организация", "associated company"),
    "owner": ("owner", "ответственный", "менеджер", "sales_agent", "manager"),
    "amount": ("amount", "сумма", "бюджет", "close_value", "value", "стоимость"),
    "stage": ("stage", "стадия", "этап", "deal_stage", "статус"),
    "source": ("source", "источник"),
    "created_at": ("create date", "дата создания", "created", "engage_date"),
    "closed_at": ("close date", "дата закрытия", "close_date", "closed"),
    "loss_reason": ("loss reason", "причина отказа", "closed lost reason"),
    "product": ("product", "товар", "услуга"),
    "price": ("price", "цена", "sales_price"),
    "code": ("code", "артикул", "sku"),
    "group": ("group", "группа", "series", "категория"),
    "unit": ("unit", "ед", "единица"),
    "department": ("department", "отдел", "regional_office"),
}
_SEVERAL = {"phone", "email"}
_NAMES = {"name", "first_name", "last_name"}
_NEVER_MIXED = {"comment", "address", "company", "owner"}
# Columns that contact cards have and under which a company of its own may have a field.
_BY_TITLE = {
    "birthday": _WORDS["birthday"],
    "categories": ("categories", "группы", "метки", "теги", "категории", "tags"),
}


def guess(headers: Sequence[str], known: Pairs[str, Sentence]) -> dict[str, Rule]:
    """Propose columns for the fields `known`; phones and e-mails may take several.

    Further columns of a repeated field are named phone_2, phone_3 …

    Args:
        known: field code -> its title for people, which may be a header as well.
    """
    rules: dict[str, Rule] = {}
    taken: set[str] = set()
    for exact in (True, False):
        for code, title in known.items():
            for header in headers:
                low = header.lower().strip()
                words = _WORDS.get(code, (code,))
                if exact:
                    said = {low, *_BY_TITLE.get(low, ())}
                    fits = not said.isdisjoint((*words, str(title).lower()))
                else:
                    fits = any(len(w) > 3 and w in low for w in words)
                if not fits or header in taken or (code in rules and code not in _SEVERAL):
                    continue
                rules[free_code(code, rules)] = Rule(column=header)
                taken.add(header)
    return rules


def guess_cards(headers: Sequence[str], known: Pairs[str, Sentence]) -> dict[str, Rule]:
    """Propose a mapping of contact cards (vCard): nothing that a card says is lost.

    Companies that persons name are made; birthdays and groups for which there is no field go to
    the comment with a word before them.
    """
    rules = guess(headers, known)
    if "company" in rules:
        rules["company"].missing = "create"
    elif "name" in rules and "job_title" not in known:  # the cards are to become companies
        rules["name"] = Rule(template="{company}") if "company" in headers else rules["name"]
    placed = {rule.column for rule in rules.values()}
    kept = {"birthday": _("Birthday: {birthday}"), "categories": _("Groups: {categories}")}
    for header, template in kept.items():
        if header in placed:
            code = next(c for c, rule in rules.items() if rule.column == header)
            rules[code].missing = "empty"
        elif "comment" in known and header in headers:
            rules[free_code("comment", rules)] = Rule(template=template)
    return rules


def spot_contacts(
    rules: dict[str, Rule], headers: Sequence[str], sample: Sequence[Sequence[str]]
) -> dict[str, Rule]:
    """Propose to split the first column in whose cells names and contacts stand together.

    Only where no column holds the name alone: else the mixed one tells of somebody else, as
    comments do.

    Args:
        rules: the guess from the headers.
        sample: some rows of the file.
    """
    kept_apart = {rule.column for code, rule in rules.items() if base_code(code) in _NEVER_MIXED}
    for place, header in enumerate(headers):
        cells = [row[place] for row in sample if place < len(row)]
        if header in kept_apart or not looks_mixed(cells):
            continue
        others = {code: rule for code, rule in rules.items() if rule.column != header}
        if _NAMES.isdisjoint(others):
            return {**others, CONTACTS: Rule(column=header)}
    return rules
