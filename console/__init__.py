"""The web page and the REST API over one index: FastAPI and Jinja, readable without JavaScript."""
