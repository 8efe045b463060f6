"""The site: what `python -m sphinx docs site` makes of docs/, beside the pages."""
