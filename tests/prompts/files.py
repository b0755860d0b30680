"""A folder of prompts that uses everything that a file can say."""

from collections.abc import Mapping
from pathlib import Path

GREETING = """\
description: Says hello.
variables:
  name: {description: Who is greeted.}
  tone: {default: kind}
messages:
  - {role: system, text: "Be {tone}. {{Braces}} stay."}
  - {role: user, text: "Greet {name}."}
"""

ORDER = """\
format: jinja2
variables:
  items:
    type: list
    schema: {items: {type: object, properties: {name: {type: string}, count: {type: integer}}, required: [name]}}
  urgent: {type: boolean, default: false}
  note: {required: false}
messages:
  - role: user
    text: |-
      {% if urgent %}At once! {% endif %}Order:
      {%- for item in items %}
      {{ loop.index }}. {{ item.name }}{% if item.count %} x {{ item.count }}{% endif %}
      {%- else %} nothing
      {%- endfor %}
      {%- if note %} ({{ note | upper }}){% endif %}
"""

LETTER = """\
format: mustache
variables:
  to: {}
  lines: {type: list}
  paid: {type: boolean, default: true}
messages:
  - {role: user, text: "Dear {{{to}}},{{#lines}} {{{.}}};{{/lines}}{{^paid}} pay!{{/paid}}"}
"""

DOCUMENT = """\
variables:
  text: {}
messages:
  - {role: system, text: "Answer {provider}."}
  - {role: user, text: "## Document\\n{text}"}
variants:
  - for: [anthropic]
    messages:
      - {role: user, text: "<document>{text}</document>"}
  - for: [anthropic/claude-haiku-4-5]
    format: jinja2
    messages:
      - {role: user, text: "<d model='{{ model }}'>{{ text }}</d>"}
"""

SHOTS = """\
variables:
  question: {}
  history: {type: messages, required: false}
messages:
  - examples:
      - {q: "2+2", a: "4"}
      - {q: "3+3", a: "6"}
    messages:
      - {role: user, text: "{q}?"}
      - {role: assistant, text: "{a}"}
  - {placeholder: history}
  - {role: user, text: "{question}?"}
"""

PICTURE = """\
variables:
  what: {}
  picture: {type: media}
messages:
  - role: user
    parts: [{text: "What is {what}?"}, {media: picture}, {text: "In a word."}]
"""

EXTRACT = """\
variables: {text: {}}
messages: [{role: user, text: "{text}"}]
defaults:
  model: openai/gpt-4o
  config: {temperature: 0.5, stop_sequences: [END]}
  output:
    json_schema: {name: thing, schema: {type: object, properties: {n: {type: integer}}, required: [n]}}
    max_repairs: 2
  labels: {team: search}
"""

FILES: Mapping[str, str] = {
    "greeting/1.yaml": GREETING,
    "greeting/2.yaml": GREETING.replace("Greet", "Salute"),
    "greeting/10.yaml": GREETING.replace("Greet", "Welcome"),
    "order/1.yaml": ORDER,
    "letter/1.yaml": LETTER,
    "document/1.yaml": DOCUMENT,
    "shots/1.yaml": SHOTS,
    "picture/1.yaml": PICTURE,
    "extract/1.yaml": EXTRACT,
}


def write(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """Write files into a folder, and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
