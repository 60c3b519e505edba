"""Random templates by ingle and by jinja2: the same text, or both fail.

    template_random.py WORKER [CASES [SEED]]

77 if there is no jinja2. Not made is what ingle means differently: methods that change their object,
filters that it does not know, a name that is read in an inner block before the template's top sets it;
what comes of chance is told by is_known_difference()."""
import json
import os
import random
import resource
import sys

try:
    import template_reference
except ImportError:
    print("templates: python3-jinja2 is not installed")
    sys.exit(1 if os.environ.get("INGLE_REQUIRE_ORACLE") == "1" else 77)
from template_compare import Worker, judge

STRINGS = ["", "a", "Hello World", "x<y> & 'z'", "éÀß ÑΣς", "  pad  ", "a,b,,c", "line\nnext\r\n last\n",
           "日本😀", "{}", "%s", "abcabc", "-12", " 3.5 ", "1e3", "<think>\nhm</think>\n\nyes", "tAb\tx", "0x1f", "it's \"q\"", "a\\b", "ﬁǆ İı", "\x7f\u200b\xa0", "None", "UPPER lower", "key", "9", "12 monkeys-and [one] (two)"]
INTS = [0, 1, -1, 2, 3, 7, 10, -5, 100, 255, 2**31, 2**53 + 1]
FLOATS = [0.0, 0.1, -0.5, 1.0, 2.5, 3.5, 1e20, 1e-7, 123.456, -0.0, 1e16, 12345678.9]
VARS = {
    "s": "Hello World", "t": "  ünïcode\ttext <b>\n", "n": 7, "f": 2.5, "yes": True, "nothing": None,
    "l": [3, 1, 2, 3], "d": {"b": 1, "A": [1, 2], "items": "shadow", "key": {"x": None}},
    "deep": {"a": [{"b": {"c": [1, 2.5, "z", None, True]}}, []]},
    "words": ["pear", "Apple", "fig", "apple", "", "Fig tree", "éclair"],
    "nums": [5, -2, 9.5, 0, 5, True], "mixed": [1, "a", None, [1], {"k": "v"}, 2.5, False],
    "people": [{"name": "Ann", "age": 30, "tags": ["x", "y"], "role": "user"},
               {"name": "bob", "age": 25, "tags": [], "role": "assistant"},
               {"name": "Cid", "age": 30, "role": "user", "more": {"z": 1}}],
}
TESTS = ("defined undefined none string number integer float boolean mapping sequence iterable callable "
         "true false odd even lower upper escaped").split()
STR_METHODS = ("upper lower strip lstrip rstrip title capitalize swapcase expandtabs").split()
STR_TESTS = ("isdigit isalpha isalnum isspace isupper islower istitle isnumeric isdecimal isidentifier "
             "isprintable isascii").split()
STR_FILTERS = "upper lower title capitalize trim string safe escape e forceescape urlencode tojson".split()
PATHS = ["name", "age", "role", "more.z", "tags.0", "0", "b", "age,name", "foo"]


class Maker:
    """Expressions that mostly make sense: each maker is asked for a kind of value."""

    def __init__(self, rng):
        self.rng = rng
        self.local = []

    def any_of(self, *makers):
        return self.rng.choice(makers)

    def string(self, text=None):
        text = self.rng.choice(STRINGS) if text is None else text
        quote = self.rng.choice("'\"")
        body = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
        if self.rng.random() < 0.5:
            body = body.replace("\n", "\\n").replace("\t", "\\t")
        return quote + body + quote

    def small(self):
        return str(self.rng.randint(-3, 12))

    def str(self, d):
        rng = self.rng
        if d <= 0:
            return rng.choice([self.string(), self.string(), "s", "t", "people[1].name", "words[2]"])
        on, s, n = f"({self.str(d - 1)})", self.string(), self.small()
        kind = rng.randint(0, 11)
        if kind == 0:
            return f"{on}.{rng.choice(STR_METHODS)}()"
        if kind == 1:
            return f"({self.any(d - 1)})|{rng.choice(STR_FILTERS)}"
        if kind == 2:
            return f"({self.any(d - 1)} ~ {self.any(d - 1)})"
        if kind == 3:
            return f"({on} + {self.str(d - 1)})"
        if kind == 4:
            return on + f"[{self.slice()}]"
        if kind == 5:
            return self.formatted(d)
        if kind == 6:
            return f"({self.str(d - 1)} if {self.bool(d - 1)} else {self.str(d - 1)})"
        if kind == 7:
            return f"({self.list(d - 1)})|" + rng.choice(
                [f"join({s})", f"join({s}, {self.string(rng.choice(PATHS[:6]))})", "join", "tojson",
                 f"tojson(indent={n})", "string", "map('string')|join('/')", "map('upper')|join"])
        if kind == 8:
            return f"({self.any(d - 1)})|" + rng.choice(
                [f"tojson(indent={n})", "tojson(sort_keys=true)", "tojson(ensure_ascii=true)",
                 "tojson(separators=(',', ':'))", "tojson(indent='--')", "string"])
        if kind == 9:
            return f"({on} * {rng.randint(-1, 4)})"
        if kind == 10:
            return f"{on}|" + rng.choice([
                f"replace({s}, {self.string()})", f"replace({s}, {self.string()}, {n})", f"indent({n})",
                f"indent({n}, true)", f"indent({s}, first=true, blank=true)", f"truncate({n})",
                f"truncate({n}, true, {s})", f"truncate({n}, leeway={n})", f"trim({s})", f"center({n})",
                "reverse", "first", "last", f"default({s})", f"d({s}, true)"])
        return f"{on}." + rng.choice([
            f"strip({s})", f"lstrip({s})", f"rstrip({s})", f"replace({s}, {self.string()})",
            f"replace({s}, {self.string()}, {n})", f"join({self.list(d - 1)})", f"ljust({n})",
            f"rjust({n}, '*')", f"center({n}, '-')", f"zfill({n})", f"removeprefix({s})",
            f"removesuffix({s})", f"expandtabs({n})", f"split({s})[0]", f"split({s})[-1]"])

    def slice(self):
        parts = [self.rng.choice(["", "", str(self.rng.randint(-4, 4)), "n"])
                 for _ in range(self.rng.randint(2, 3))]
        if len(parts) == 3:
            parts[2] = self.rng.choice(["", "-1", "2", "-2", "1"])
        return ":".join(parts)

    def formatted(self, d):
        rng, kind = self.rng, self.rng.randint(0, 3)
        if kind == 0:
            form = rng.choice(["%d", "%5d|", "%05.1f", "%x", "%e", "%g", "%+d", "% d", "%#x", "%G", "%i", "%o", "%s", "%-6d|", "%.0f"])
            return f"({self.string(form)} % ({self.number(d - 1)}))"
        if kind == 1:
            form = rng.choice(["%s", "%r", "%-5s|", "%9s|", "%.3s", "%%%s", "<%s>", "%s!"])
            return f"({self.string(form)} % ({self.any(d - 1)},))"
        if kind == 2:
            form = rng.choice(["{:05d}", "{:,}", "{:.2f}", "{:x}", "{:#b}", "{:e}", "{:.1%}", "{:+}", "{:g}", "{:_}", "{:08.3f}", "{:>6}|", "{:^7}|", "{:=+7}", "{}", "{:c}", "{:.0f}", "{: d}", "{:<5}|"])
            return f"{self.string(form)}.format({self.number(d - 1)})"
        form = rng.choice(["{}", "{0}", "{:>6}|", "{:<6}|", "{:^7}|", "{:*^9}|", "{!r}", "{!s:>5}|", "{0}{0}", "{{}}{}", "{:.2}", "{a}", "{0[0]}", "{0.a}", "{1}{0}", "{"])
        return f"{self.string(form)}.format({self.any(d - 1)}, {self.str(d - 1)}, a={self.str(0)})"

    def number(self, d):
        rng = self.rng
        if d <= 0:
            literal = str(rng.choice(INTS)) if rng.random() < 0.7 else repr(rng.choice(FLOATS))
            return rng.choice([literal, literal, "n", "f", "nums[2]", "people[0].age", "d.b"])
        a, b = self.number(d - 1), self.number(d - 1)
        kind = rng.randint(0, 8)
        if kind < 3:
            return f"({a} {rng.choice(['+', '-', '*', '/', '//', '%', '+', '-'])} {b})"
        if kind == 3:
            return f"({a} ** {rng.randint(-2, 3)})"
        if kind == 4:
            return f"({rng.choice(['-', '+', '- -'])}{a})"
        if kind == 5:
            return f"({a})|" + rng.choice(["abs", "int", "float", "round", f"round({self.small()})", f"round({rng.randint(0, 3)}, 'floor')", "round(method='ceil')", "default(3)"])
        if kind == 6:
            s = self.string()
            return f"({self.str(d - 1)})" + rng.choice([
                "|length", "|count", "|int", "|float", "|wordcount", f".find({s})", f".rfind({s}, {self.small()})", f".count({s})", f"|int(-1, {rng.choice([0, 2, 8, 10, 16, 36])})", f".count({s}, {self.small()}, {self.small()})"])
        if kind == 7:
            return f"({self.list(d - 1)})|" + rng.choice(["length", "count", "sum", "list|length"])
        return f"({rng.choice(['nums', '[4, 2.5]', 'people'])})|" + rng.choice(["max", "min", "sum", "first", "last", "sum(start=2)", "sum(attribute='age')"])

    def list(self, d):
        rng = self.rng
        if d <= 0:
            return rng.choice(["l", "words", "nums", "people", "mixed", "[]", "d", "d.A", "deep.a", "s", "()"])
        on, s, n, e = f"({self.list(d - 1)})", self.string(), self.small(), self.any(d - 1)
        path = self.string(rng.choice(PATHS))
        kind = rng.randint(0, 7)
        if kind == 0:
            items = [self.any(d - 1) for _ in range(rng.randint(0, 3))]
            return "[" + ", ".join(items) + "]"
        if kind == 1:
            items = [self.any(d - 1) for _ in range(rng.randint(1, 3))]
            return "(" + ", ".join(items) + ",)"
        if kind == 2:
            return f"({self.str(d - 1)})." + rng.choice([
                f"split({s})", f"split({s}, {n})", f"rsplit({s}, {n})", f"rsplit(none, {n})", "split()",
                f"split(none, {n})", "splitlines()", "splitlines(true)", f"partition({s})", f"rpartition({s})"])
        if kind == 3:
            return f"({self.dict(d - 1)})" + rng.choice([
                "|dictsort", ".items()", ".keys()", ".values()", "|items|list", ".keys()|list", "|list",
                "|dictsort(true)", "|dictsort(by='value')", "|dictsort(reverse=true)"])
        if kind == 4:
            return rng.choice([f"range({n})|list", f"range({n}, {self.small()})", f"range({n}, {self.small()}, {rng.choice([-2, -1, 1, 2, 3])})|list"])
        if kind == 5:
            return "people|" + rng.choice([
                f"sort(attribute={path})", f"map(attribute={path})|list", f"map(attribute={path}, default={e})|list",
                f"selectattr({path})|list", f"rejectattr({path})|list", f"groupby({path})|list",
                f"selectattr({path}, 'eq', {e})|list", f"selectattr({path}, 'defined')|list", f"rejectattr({path}, 'undefined')|list",
                f"groupby({path}, default={e})|list", "map(attribute='name')|sort", f"unique(attribute={path})|list",
                f"sort(true, true, {path})", "map('length')|list", f"selectattr('age', 'gt', {n})|list"])
        if kind == 6:
            return f"{on}[{self.slice()}]" if on != "(())" else on
        return f"{on}|" + rng.choice([
            "list", "sort", "unique|list", "reverse|list", f"map({self.string(rng.choice(STR_FILTERS + ['length', 'int']))})|list",
            f"select({self.string(rng.choice(TESTS))})|list", f"reject({self.string(rng.choice(TESTS))})|list",
            "select|list", "reject|list", f"select('in', {self.list(d - 1)})|list", f"batch({n})|list", f"batch({n}, {e})|list",
            f"slice({rng.randint(1, 4)})|list", f"slice(2, {e})|list", "sort(reverse=true)", "sort(case_sensitive=true)",
            "unique(true)|list", f"map('replace', {s}, {self.string()})|list", f"default({self.list(d - 1)})"])

    def dict(self, d):
        rng = self.rng
        if d <= 0:
            return rng.choice(["d", "deep", "people[0]", "people[2]", "{}", "d.key", "mixed[4]"])
        kind = rng.randint(0, 2)
        if kind == 0:
            return rng.choice([f"dict(a={self.any(d - 1)}, b={self.small()})", f"dict({self.dict(d - 1)})",
                               f"dict({self.dict(0)}, z={self.any(d - 1)})"])
        keys = [rng.choice([self.string(), self.string(), self.number(0), "true", "none", "(1, 'a')"])
                for _ in range(rng.randint(0, 3))]
        return "{" + ", ".join(f"{k}: {self.any(d - 1)}" for k in keys) + "}"

    def bool(self, d):
        rng = self.rng
        if d <= 0:
            return rng.choice(["yes", "true", "false", "none", "n", "s", "l", "missing", "nothing", "''", "0"])
        kind = rng.randint(0, 8)
        if kind == 0:
            return f"({self.bool(d - 1)} {rng.choice(['and', 'or'])} {self.bool(d - 1)})"
        if kind == 1:
            return f"(not {self.bool(d - 1)})"
        if kind in (2, 3):
            make = rng.choice([self.str, self.number])
            ops = [rng.choice(["==", "!=", "<", "<=", ">", ">="]) for _ in range(rng.choice([1, 1, 1, 2]))]
            return "(" + make(d - 1) + "".join(f" {op} {make(d - 1)}" for op in ops) + ")"
        if kind == 4:
            return f"({self.any(d - 1)} {rng.choice(['==', '!='])} {self.any(d - 1)})"
        if kind == 5:
            over = rng.choice([self.list, self.dict])(d - 1)
            return f"({self.any(0)} {rng.choice(['in', 'not in'])} {over})"
        if kind == 6:
            return f"({self.string()} {rng.choice(['in', 'not in'])} {self.str(d - 1)})"
        word, on, s = rng.choice(["is", "is not"]), f"({self.any(d - 1)})", f"({self.str(d - 1)})"
        if kind == 7:
            number = f"({self.number(d - 1)})"
            return rng.choice([f"{on} {word} {rng.choice(TESTS)}", f"{number} {word} divisibleby({rng.randint(1, 4)})",
                               f"{number} {word} lt({self.number(0)})", f"{number} {word} ge {self.number(0)}", f"{number} {word} odd",
                               f"{on} {word} eq({self.any(d - 1)})", f"{on} {word} in {self.list(0)}", f"{on} {word} ne {self.string()}",
                               f"{on} {word} sameas({rng.choice(['true', 'none', 'false'])})", f"{self.string(rng.choice(['upper', 'nope']))} {word} filter"])
        return s + "." + rng.choice([rng.choice(STR_TESTS) + "()", f"startswith({self.string()})", f"endswith({self.string()})",
                                     f"startswith(({self.string()}, {self.string()}))", f"endswith({self.string()}, {self.small()})"])

    def lookup(self, d):
        rng = self.rng
        key = rng.choice([self.string(), self.small(), "'a'", "'b'", "'key'", "'name'", "n"])
        attr = rng.choice(["a", "b", "key", "name", "age", "x", "foo", "role", "tags", "0"])
        on = rng.choice([self.dict, self.dict, self.list])(d - 1)
        return rng.choice([f"({on})[{key}]", f"({on}).{attr}", f"({self.dict(d - 1)}).get({key})",
                           f"({self.dict(d - 1)}).get({key}, {self.any(d - 1)})", f"({on})|first", f"({on})|last",
                           f"({on})|attr({self.string(attr)})", f"({self.list(d - 1)})|max", f"({self.list(d - 1)})|min"])

    def call(self, d):
        n, e = self.small(), self.any(d - 1)
        return self.rng.choice([
            f"m({e})", f"m({e}, b={n})", f"m(b={e})", "m()", f"m({e}, {n}, {n})", f"v({e}, {n}, k={e})", f"m(*[{e}, 1])",
            f"m(**{{'a': {e}}})", "namespace(x=1).x", f"joiner({self.string()})()", f"cycler({e}, {n}).next()",
            "strftime_now('%Y-%m-%d %H:%M:%S %b %A %j %p %I %y %B %a')", f"raise_exception({e})", "ns.x"])

    def wild(self, d):
        """Anything on anything."""
        a, b, rng = self.any(d - 1), self.any(d - 1), self.rng
        name = self.string(rng.choice(PATHS))
        return rng.choice([
            f"({a} {rng.choice(['+', '-', '/', '//', '%', '<', '>=', 'in'])} {b})", f"({a})[{b}]", f"(-{a})",
            f"({a})|{rng.choice(['length', 'first', 'last', 'sort', 'sum', 'max', 'abs', 'round', 'int', 'float', 'dictsort', 'join', 'list', 'urlencode', 'indent', 'reverse|list', 'items|list', 'unique|list', 'batch(2)|list'])}",
            f"({a}).{rng.choice(STR_METHODS + ['split', 'items', 'get'])}()", f"({a})|replace({b}, {b})", f"({a})({b})",
            f"({a})|sort(attribute={name})", f"({a})|map(attribute={name})|list", f"({a})|join({b})", f"({a})|default({b}, true)",
            f"({a})|int({b})", f"({a}).split({b})", f"({a} is {rng.choice(TESTS)})", f"({a})|truncate({self.small()})",
            f"({a})|groupby({name})|list", f"({a})|selectattr({name})|list", f"({a} % {b})", f"({a}).format({b})"])

    def any(self, d):
        rng = self.rng
        if d <= 0:
            return rng.choice([self.str(0), self.number(0), self.list(0), self.dict(0), self.bool(0)] + self.local)
        kind = rng.random()
        for limit, make in ((0.25, self.str), (0.42, self.number), (0.6, self.list), (0.68, self.dict),
                            (0.78, self.bool), (0.9, self.lookup), (0.95, self.call)):
            if kind < limit:
                return make(d)
        return self.wild(d)

    expr = any

    def tag(self, body, kind="%"):
        left, right = self.rng.choice(["", "", "", "-", "+"]), self.rng.choice(["", "", "", "-", "+"])
        if kind == "{":
            return "{{" + left + f" {body} " + ("-" if right == "-" else "") + "}}"
        return "{%" + left + f" {body} " + right + "%}"

    def text(self):
        return self.rng.choice(["", " ", "\n", "text", "  \n  ", "\n\n", "a\n   ", "<|x|>\n", "\t", "é", "\r\n", "x "])

    def statement(self, depth):
        rng = self.rng
        kind = rng.random()
        if depth <= 0 or kind < 0.35:
            return self.tag(self.expr(3), "{")
        if kind < 0.5:
            parts = [self.tag(f"if {self.expr(2)}"), self.body(depth - 1)]
            if rng.random() < 0.3:
                parts += [self.tag(f"elif {self.expr(2)}"), self.body(depth - 1)]
            if rng.random() < 0.5:
                parts += [self.tag("else"), self.body(depth - 1)]
            return "".join(parts + [self.tag("endif")])
        if kind < 0.7:
            return self.loop(depth)
        if kind < 0.8:
            return self.assignment(depth)
        if kind < 0.84:
            return "{#" + rng.choice(["", "-"]) + " note {{ no }} " + rng.choice(["", "-"]) + "#}"
        if kind < 0.87:
            return self.tag("raw").replace("+", "") + "{{ as it is }}" + self.text() + self.tag("endraw")
        if kind < 0.9:
            return (self.tag(f"filter {rng.choice(['upper', 'trim', 'indent(2)', 'replace(1, 2)|title'])}")
                    + self.body(depth - 1) + self.tag("endfilter"))
        if kind < 0.93:
            return (self.tag(f"with q = {self.expr(2)}, z = {self.expr(1)}") + self.tag("q ~ z", "{")
                    + self.body(depth - 1) + self.tag("endwith"))
        if kind < 0.96:
            return self.tag("call(c='C') w(1)") + self.body(depth - 1) + self.tag("c", "{") + self.tag("endcall")
        if kind < 0.98:
            return self.tag("generation") + self.body(depth - 1) + self.tag("endgeneration")
        return self.tag(f"set ns.x = {self.expr(2)}") + self.tag("ns.x", "{")

    def loop(self, depth):
        rng = self.rng
        target = rng.choice(["x", "x", "x", "k, v", "(k, v)", "a, (b, c)"])
        over = self.expr(2) if target == "x" else rng.choice(["d.items()", "d|items", "d|dictsort", "[(1, 2), (3, 4)]", "[[1, [2, 3]]]", "people", "words"])
        head = f"for {target} in {over}"
        if rng.random() < 0.25:
            head += f" if {self.expr(2)}" if rng.random() < 0.6 else " if x is defined and x"
        inner = []
        if rng.random() < 0.7:
            inner.append(self.tag(rng.choice(["x", "loop.index ~ x", "loop.last", "loop.first", "loop.revindex0", "loop.length", "loop.previtem", "loop.nextitem", "loop.cycle('a', 'b')", "loop.changed(x)", "k", "v", "loop.depth", "loop.index0 % 2"]), "{"))
        inner.append(self.body(depth - 1))
        if rng.random() < 0.15:
            inner.append(self.tag("if loop.index > 1") + self.tag(rng.choice(["break", "continue"])) + self.tag("endif"))
        if rng.random() < 0.2:
            inner.append(self.tag(f"set ns.x = loop.index"))
        last = self.tag("else") + self.body(depth - 1) if rng.random() < 0.2 else ""
        return self.tag(head) + "".join(inner) + last + self.tag("endfor")

    def assignment(self, depth):
        rng = self.rng
        kind = rng.random()
        name = rng.choice(["x", "y"])
        if kind < 0.6:
            return self.tag(f"set {name} = {self.expr(3)}")
        if kind < 0.75:
            return self.tag(f"set {name}, y = {self.expr(1)}, {self.expr(1)}")
        flt = rng.choice(["", " | upper", " | trim"])
        return self.tag(f"set {name}{flt}") + self.body(depth - 1) + self.tag("endset")

    def body(self, depth):
        return "".join(self.text() + self.statement(depth) for _ in range(self.rng.randint(0, 2))) + self.text()

    def template(self):
        head = ("{%- set ns = namespace(x=0) -%}{%- set x = 1 -%}{%- set y = 'Y' -%}"
                "{%- macro m(a, b=2) -%}[{{ a }}|{{ b }}]{%- endmacro -%}"
                "{%- macro v(a) -%}{{ a }}{{ varargs }}{{ kwargs }}{%- endmacro -%}"
                "{%- macro w(a) -%}<{{ a }}{{ caller() }}>{%- endmacro -%}")
        self.local = ["x", "y", "ns.x"]
        return head + "".join(self.text() + self.statement(3) for _ in range(self.rng.randint(1, 3))) + self.text()


def is_known_difference(ours, reference):
    """What docs/templates.md lists as different on purpose."""
    said = ours.get("error", "")
    return ("64 bits" in said or "not supported" in said or "an iterator has no" in said
            or "has no text" in said or "not for templates to reach" in said
            or " at 0x" in reference.get("text", "") or "<bound method" in reference.get("text", "")
            or "<built-in method" in reference.get("text", "") or "<function" in reference.get("text", "") or "<class" in reference.get("text", "")
            or "<Macro" in reference.get("text", "") or "LoopContext" in reference.get("text", "")
            or reference.get("kind") in ("SecurityError", "MemoryError"))


def main():
    worker = Worker([sys.argv[1]])
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    counts = {}
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    for i in range(n):
        rng = random.Random(seed * 1000003 + i)
        maker = Maker(rng)
        source = maker.template() if rng.random() < 0.4 else "{{ " + maker.expr(4) + " }}"
        case = {"source": source, "messages": [], "vars": VARS}
        ours, reference = worker.ask(case), template_reference.render(case)
        verdict = judge(ours, reference)
        if verdict not in ("same", "refused"):
            verdict = "known" if is_known_difference(ours, reference) else "wrong"
        counts[verdict] = counts.get(verdict, 0) + 1
        if verdict == "wrong":
            print(f"case {i}: {source!r}\n  ingle  {json.dumps(ours, ensure_ascii=False)[:600]}\n"
                  f"  jinja2 {json.dumps(reference, ensure_ascii=False)[:600]}")
    print(f"{n} random templates from seed {seed}: {counts}")
    return 1 if counts.get("wrong") else 0


if __name__ == "__main__":
    sys.exit(main())
