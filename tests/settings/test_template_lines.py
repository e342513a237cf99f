"""Templates of configuration files: which lines a condition or a loop may leave out."""

import pytest

from hardencheck.collect.extract._environment_text import untemplated


@pytest.mark.parametrize(
    ("text", "unsure"),
    [
        ("a\n{% if x %}\nb\n{% endif %}\nc", {2, 3}),
        ("a\n{%- for x in y %}\nb\n{%- endfor %}\nc", {2, 3}),
        ("{{- if .x }}\nb\n{{- end }}\nc", {1, 2}),
        ("{{- range .x }}\n{{- with .y }}\nb\n{{- end }}\nc\n{{- end }}\nd", {1, 2, 3, 4, 5}),
        ("<% if @x -%>\nb\n<% end -%>\nc", {1, 2}),
        ("<%- unless @x -%>\nb\n<%- end -%>\nc", {1, 2}),
        ("<% @x.each do |y| -%>\nb\n<% end -%>\nc", {1, 2}),
        ("<% if @x %>\n<% @x.each do |y| %>\nb\n<% end %>\nc\n<% end %>\nd", {1, 2, 3, 4, 5}),
        # What ends here has opened nothing that may be left out.
        ("{% if x %}\n{% raw %}\nb\n{% endraw %}\nc\n{% endif %}\nd", {1, 2, 3, 4, 5}),
        ("{% if x %}\n{% macro m() %}\n{% endmacro %}\nc\n{% endif %}\nd", {1, 2, 3, 4}),
        ("a: <%= x %>\n{{ y }}\nendif", set()),
    ],
)
def test_what_a_template_may_leave_out(text: str, unsure: set[int]) -> None:
    assert untemplated(text).unsure == unsure
