"""Why a mail server could not prove by its certificate who it is, in words."""

from __future__ import annotations

import ssl

from django.utils.translation import gettext as _


def unproved(error: ssl.SSLCertVerificationError, *, host: str) -> str:
    """Return the sentence for a certificate that is not to be trusted; no password was sent.

    Args:
        host: the server's name and port.
    """
    told = {"host": host, "why": _why(error)}
    return (
        _(
            "The mail server %(host)s shows a certificate that can't be trusted: %(why)s. It was "
            "not told the password. Check the server's name; if it is right, its administrator "
            "must mend the certificate."
        )
        % told
    )


def _why(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in (18, 19, 20, 21):  # X509_V_ERR_… of OpenSSL
        return _("no known authority vouches for it")
    if error.verify_code == 10:
        return _("it has expired")
    if error.verify_code in (62, 64):
        return _("it belongs to another server")
    return str(error.verify_message)
