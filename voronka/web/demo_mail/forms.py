"""What a client types: a letter and who they are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from voronka.demo.cast import DOMAIN
from voronka.demo.post.mailbox import Letter
from voronka.demo.post.writing import Draft

LARGEST = 10 * 1024 * 1024  # bytes of all files together


class _ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class _Files(forms.FileField):
    """Any number of files, together not larger than a letter may be."""

    widget = _ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = [one for one in (data or []) if one]
        if sum(one.size or 0 for one in files) > LARGEST:
            raise forms.ValidationError(
                _("The files are larger than 10 MB together. Choose smaller ones.")
            )
        return files


class AnswerForm(forms.Form):
    """An answer to a letter."""

    text = forms.CharField(
        label=_("Text of the letter"),
        widget=forms.Textarea(attrs={"rows": 7}),
        max_length=50_000,
        error_messages={"required": _("Write something.")},
    )
    attachments = _Files(label=_("Files"), required=False)

    def draft(self, answered: Letter, *, to: str, subject: str) -> Draft:
        """Return what was typed as an answer."""
        return Draft(
            name=answered.to.name,
            address=answered.to.address,
            to=to,
            subject=subject,
            text=self.cleaned_data["text"],
            files=self._contents(),
            answers=answered,
        )

    def _contents(self) -> list[tuple[str, bytes]]:
        return [(one.name or "file", one.read()) for one in self.cleaned_data["attachments"]]


class LetterForm(AnswerForm):
    """A letter to the company, of whoever one wants to be."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        error_messages={"required": _("Write who you are: the card is called after you.")},
    )
    address = forms.CharField(
        label=_("Your address"),
        max_length=200,
        help_text=_("Any invented one: answers to it come here"),
        error_messages={"required": _("Write an address, for example elena@mail.example.")},
    )
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)

    field_order = ["name", "address", "subject", "text", "attachments"]

    def clean_address(self) -> str:
        """Refuse what no letter can come from, and the company's own addresses."""
        address: str = self.cleaned_data["address"].strip()
        try:
            validate_email(address)
        except forms.ValidationError:
            raise forms.ValidationError(
                _("Write an address like elena@mail.example, in Latin letters.")
            ) from None
        if address.lower().endswith(f"@{DOMAIN}"):
            raise forms.ValidationError(
                _("This is an address of the company itself. Take another one.")
            )
        return address

    def letter(self, *, to: str) -> Draft:
        """Return what was typed as a new letter."""
        typed = self.cleaned_data
        return Draft(
            typed["name"], typed["address"], to, typed["subject"], typed["text"], self._contents()
        )
