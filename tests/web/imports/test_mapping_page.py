"""The second step of an import: columns, and how big the file is."""

import pytest
from django.core.files.base import ContentFile
from django.utils import translation

from tests.people.factories import make_user
from voronka.imports.commands import prepare_import
from voronka.imports.commands.preparing import take_file

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "said"), [("ru", "1\u202f203 строки"), ("en", "1\u202f203 rows")]
)
def test_the_page_tells_how_many_rows_and_asks_each_column_what_it_does(client, language, said):
    boss = make_user("owner")
    boss.language = language
    boss.save()
    text = "Имя;Почта\n" + "".join(f"А{n};a{n}@example.com\n" for n in range(1203))
    run = take_file(ContentFile(text.encode()), name="f.csv", entity="person", user=boss)
    prepare_import(run)
    client.force_login(boss)
    with translation.override(language):
        html = client.get(f"/imports/{run.pk}/mapping/").content.decode()
    assert said in html
    assert 'name="known-0"' in html
    assert 'name="known-1"' in html
