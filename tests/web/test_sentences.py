"""Sentences of templates: said in each page's language, and found whichever package has them."""

from django.template import engines
from django.utils.translation import gettext, ngettext, override, pgettext
from django.utils.translation.trans_real import TranslationCatalog, translation

from voronka.kernel.catalogs import join_alike


def test_a_constant_sentence_is_said_in_the_language_of_each_page():
    page = engines["django"].from_string(
        '{% trans "Board" %}, {% trans "Goal" context "passport" %}, {% trans "100%" %}'
    )
    for language in ("ru", "en", "ru"):
        with override(language):
            goal = pgettext("passport", "Goal")
            assert page.render() == f"{gettext('Board')}, {goal}, 100%"
    with override("ru"):
        assert gettext("Board") != "Board"


def test_a_sentence_that_is_not_constant_is_translated_anew():
    page = engines["django"].from_string(
        '{% trans word %}, {% trans "board"|capfirst %}{% trans "Board" as kept %}, {{ kept }}'
    )
    with override("ru"):
        for word in ("Board", "List"):
            assert page.render({"word": word}).startswith(f"{gettext(word)}, ")
        assert page.render({"word": ""}).endswith(f", {gettext('Board')}")


class _Package:
    """What Django hands on of one package's translations."""

    def __init__(self, sentences, plural):
        self._catalog = sentences
        self.plural = plural


def test_packages_of_one_plural_rule_are_joined_and_the_later_counts():
    join_alike()
    joined = TranslationCatalog(_Package({"a": "1", "b": "1"}, lambda n: int(n != 1)))
    for sentences in ({"b": "2"}, {"c": "3"}):
        joined.update(_Package(sentences, lambda n: int(n > 4)))
    assert [joined[key] for key in "abc"] == ["1", "2", "3"]
    assert len(joined._catalogs) == 2


def test_our_packages_share_a_dictionary_and_keep_their_plurals():
    assert len(translation("ru")._catalog._catalogs) < 10
    with override("ru"):
        forms = [ngettext("%(n)s card", "%(n)s cards", n) % {"n": n} for n in (1, 3, 5)]
    assert len(set(forms)) == 3
