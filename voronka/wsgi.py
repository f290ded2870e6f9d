"""Django's WSGI handler: everything but the live stream runs here, in threads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voronka.settings")
application = get_wsgi_application()
