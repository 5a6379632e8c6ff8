"""Makes the recipe's modules importable the way the bench does it."""

from picket_host.models import recipes

recipes.find("defect")
