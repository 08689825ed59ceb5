"""Migrates to the pages of Wagtail 4, or on to today's."""

import os
import sys

import django
from django.core.management import call_command

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

if sys.argv[1] == "old":
    call_command("migrate", "wagtailcore", "0078", verbosity=0)
else:
    call_command("migrate", verbosity=0)
