#!/usr/bin/env python3
"""Makes man pages, one a command, out of what the program says of itself.

    falsetto --experimental-dump-help | Tools/packaging/manual.py --version 0.1.0 --date 2026-01-31 OUT

Why not swift-argument-parser's own plug-in: it runs the examples of a help text into one paragraph.
"""
import argparse
import json
import re
import sys
from pathlib import Path

HEADING = re.compile(r"[A-Z][A-Z ]+$")


def escaped(text):
    """Text as roff takes it; a minus stays a minus, so that what is copied from a page works."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha").replace("`", "\\(ga").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line.startswith((".", "\\(aq")) else line for line in text.split("\n"))


def literal(lines):
    return ["", ".nf", *(escaped(line) for line in lines), ".fi"]


def sections(discussion):
    """`(heading, [paragraphs])` of a help text, "" before the first heading; a paragraph is a list of lines."""
    found = [("", [])]
    for block in re.split(r"\n[ \t]*\n", discussion.strip("\n")):
        lines = block.split("\n")
        if HEADING.match(lines[0]):
            found.append((lines[0], []))
            lines = lines[1:]
        if lines:
            found[-1][1].append(lines)
    return found


def paragraphs(blocks):
    """Indented lines stay as they are, others are filled."""
    page = []
    for lines in blocks:
        if any(line.startswith(" ") for line in lines):
            margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
            page += [".PP", ".RS 4", *literal([line[margin:] for line in lines]), ".RE"]
        else:
            page += [".PP", *[escaped(line) for line in lines]]
    return page


def flag(name):
    return "\\fB" + escaped(("-" if name["kind"] == "short" else "--") + name["name"]) + "\\fR"


def value(argument):
    return "\\fI" + escaped(argument.get("valueName", "value")) + "\\fR"


def usage(argument):
    """An argument as the synopsis has it."""
    if argument["kind"] == "positional":
        words = value(argument)
    else:
        words = flag(argument["preferredName"]) + ("" if argument["kind"] == "flag" else "\\ " + value(argument))
    words += " ..." if argument["isRepeating"] else ""
    return f"[{words}]" if argument["isOptional"] else words


def described(argument):
    head = value(argument) if argument["kind"] == "positional" else ", ".join(flag(name) for name in argument["names"])
    if argument["kind"] == "option":
        head += " " + value(argument)
    words = argument.get("abstract", "")
    if argument.get("discussion"):
        words = f"{words} {argument['discussion']}".strip()
    if argument.get("allValues"):
        words += f" One of {', '.join(argument['allValues'])}."
    if argument.get("defaultValue") and argument["kind"] != "flag":
        words += f" By default {argument['defaultValue']}."
    return [".TP", head, escaped(words.strip() or "No more is said of it.")]


def page(command, above, exit_codes, version, date):
    names = above + [command["commandName"]]
    title = "-".join(names)
    shown = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    below = children(command)
    parts = dict(sections(command.get("discussion", "")))
    text = [f'.TH "{escaped(title.upper())}" 1 "{date}" "Falsetto {version}" "Falsetto"', ".SH NAME",
            f"{escaped(title)} \\- {escaped(command.get('abstract', '').rstrip('.'))}", ".SH SYNOPSIS", f".B {escaped(' '.join(names))}"]
    text += [usage(argument) for argument in shown]
    if below:
        text.append("\\fIcommand\\fR ...")
    opening = parts.pop("", [])
    if opening or command.get("aliases"):
        text += [".SH DESCRIPTION", *paragraphs(opening)]
    for alias in command.get("aliases", []):
        text += [".PP", f"\\fB{escaped(alias)}\\fR is another name of this command."]
    if below:
        text.append(".SH COMMANDS")
        for child in below:
            text += [".TP", f"\\fB{escaped('-'.join(names + [child['commandName']]))}\\fR(1)", escaped(child.get("abstract", ""))]
    for heading, kinds in (("ARGUMENTS", ["positional"]), ("OPTIONS", ["option", "flag"])):
        chosen = [argument for argument in shown if argument["kind"] in kinds]
        if chosen:
            text += [f".SH {heading}", *[line for argument in chosen for line in described(argument)]]
    codes = parts.pop("EXIT CODES", exit_codes)
    for heading, blocks in parts.items():
        text += [f".SH {heading}", *paragraphs(blocks)]
    if codes:
        text += [".SH EXIT STATUS", *paragraphs(codes)]
    other = ["-".join(names[:k]) for k in range(1, len(names))] or ["-".join(names + [child["commandName"]]) for child in below]
    text += [".SH SEE ALSO", ",\n".join(f"\\fB{escaped(name)}\\fR(1)" for name in other)]
    # A section begins a paragraph itself.
    kept = [line for place, line in enumerate(text) if not (line == ".PP" and text[place - 1].startswith(".SH"))]
    return title, "\n".join(kept) + "\n"


def children(command):
    return [c for c in command.get("subcommands", []) if c.get("shouldDisplay", True) and c["commandName"] != "help"]


def pages(command, version, date, above=(), exit_codes=()):
    """`(name, text)` of the command's page and of all below it. The exit codes of the program stand on every page."""
    above = list(above)
    exit_codes = dict(sections(command.get("discussion", ""))).get("EXIT CODES", exit_codes)
    yield page(command, above, exit_codes, version, date)
    for child in children(command):
        yield from pages(child, version, date, above + [command["commandName"]], exit_codes)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", required=True)
    parser.add_argument("--date", required=True)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in pages(json.load(sys.stdin)["command"], options.version, options.date):
        (options.out / f"{name}.1").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
