"""Renders conversations by published templates with ingle, jinja2 and @huggingface/jinja.

    template_compare.py WORKER [--hf FOLDER] [--table FILE] (TEMPLATE | FOLDER)...

Where the two references differ, jinja2 is right. Exit 1 if ingle differs from it anywhere; 77 if
there is no jinja2, no @huggingface/jinja or no template. --table writes docs/templates.md's table."""
import argparse
import json
import os
import re
import subprocess
import sys

try:
    import template_reference
except ImportError:
    print("templates: python3-jinja2 is not installed")
    sys.exit(1 if os.environ.get("INGLE_REQUIRE_ORACLE") == "1" else 77)
import template_sets

HERE = os.path.dirname(os.path.abspath(__file__))
REFUSES = "The template refuses the messages: "


def find_templates(paths):
    found = []
    for path in paths:
        names = sorted(os.listdir(path)) if os.path.isdir(path) else [""]
        for name in names:
            whole = os.path.join(path, name) if name else path
            if whole.endswith((".jinja", ".json")):
                found.append((os.path.basename(whole), read_template(whole)))
    return found


def read_template(path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    return json.loads(text)["chat_template"] if path.endswith(".json") else text


class Worker:
    """A program that answers lines of JSON with lines of JSON."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, case):
        line = json.dumps(case, ensure_ascii=False) + "\n"
        self.process.stdin.write(line.encode("utf-8"))
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"the worker died on {line[:2000]}")
        return json.loads(answer)


def check_spans(answer):
    """The spans cover the text, and neighbours differ."""
    at, before = 0, None
    for start, length, is_data in answer["spans"]:
        if start != at or length == 0 or is_data == before:
            return False
        at, before = start + length, is_data
    return at == len(answer["text"].encode("utf-8"))


def in_a_line(text):
    return re.sub("[\0-\x1f]", " ", text).rstrip(" .")


def judge(ours, reference):
    """'same', 'refused' (both fail) or what is wrong."""
    if "text" in ours and "text" in reference:
        if not check_spans(ours):
            return "the spans do not fit"
        return "same" if ours["text"] == reference["text"] else "another text"
    if "text" in ours or "text" in reference:
        return "only one fails"
    if ours["refused"] != reference["refused"]:
        return "only one is refused by the template"
    if ours["refused"]:
        # In one line, as a sentence; a long one loses its middle.
        said = in_a_line(ours["error"].removeprefix(REFUSES))
        if "..." not in said and said != in_a_line(reference["error"]):
            return "another refusal"
    return "refused"


def is_about_change(reference):
    """jinja2's sandbox forbids what changes an object, and knows no from_json."""
    return reference.get("kind") == "SecurityError" or "from_json" in reference.get("error", "")


class Table:
    def __init__(self):
        self.rows, self.wrong = [], 0

    def add(self, name, counts):
        self.rows.append((name, counts))

    def write(self, path, with_hf):
        head = "| template | sets | text as jinja2's | refused by both |"
        rule = "|---|---:|---:|---:|"
        if with_hf:
            head += " as @huggingface/jinja's | where it differs from jinja2 |"
            rule += "---:|---:|"
        with open(path, "w", encoding="utf-8") as file:
            print(head, rule, sep="\n", file=file)
            for name, c in self.rows:
                row = f"| {name} | {c['sets']} | {c['same']} | {c['refused']} |"
                if with_hf:
                    row += f" {c['hf_same']} | {c['hf_differs']} |"
                print(row, file=file)


def compare(name, source, worker, hf, table):
    counts = dict.fromkeys(("sets", "same", "refused", "hf_same", "hf_differs"), 0)
    for set_name, case in template_sets.sets():
        case = {"source": source, **case}
        ours, reference = worker.ask(case), template_reference.render(case)
        if is_about_change(reference):
            reference = template_reference.render(case, template_reference.MUTABLE)
        verdict = judge(ours, reference)
        counts["sets"] += 1
        if verdict in counts:
            counts[verdict] += 1
        else:
            table.wrong += 1
            print(f"{name}: {set_name}: {verdict}\n  ingle  {json.dumps(ours)[:1500]}\n"
                  f"  jinja2 {json.dumps(reference)[:1500]}")
        if hf:
            case["messages"] = template_reference.open_arguments(case["messages"])
            other = hf.ask(case)
            same = ours.get("text") == other.get("text")
            counts["hf_same" if same else "hf_differs"] += 1
    table.add(name, counts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("worker")
    parser.add_argument("--hf")
    parser.add_argument("--table")
    parser.add_argument("paths", nargs="+")
    args = parser.parse_args()
    templates = find_templates(path for path in args.paths if os.path.exists(path))
    if not templates:
        print("templates: none are here")
        return 77
    worker = Worker([args.worker])
    hf = Worker(["node", os.path.join(HERE, "template_hf.mjs"), args.hf]) if args.hf else None
    table = Table()
    for name, source in templates:
        compare(name, source, worker, hf, table)
    if args.table:
        table.write(args.table, hf is not None)
    total = {key: sum(c[key] for _, c in table.rows) for key in table.rows[0][1]}
    print(f"{len(templates)} templates: {total}; {table.wrong} wrong")
    return 1 if table.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
