"""The reference of the API, made from its endpoints.  Pure.

`bodies` makes JSON Schema of the classes that bodies are read as, `operations` an operation of an
endpoint, `document` the OpenAPI document of them all, and `page` of that a page for people.
`examples` has a request for each endpoint and what it was answered; `tags` says which chapter an
endpoint is in; `words` and `prose` write HTML.
"""
