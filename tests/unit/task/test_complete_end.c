/* Where a completion ends: hand-made cases in which the text that a model might write goes too far.
 * A place is written as | in the file; no model is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "task/complete_end.h"

struct end_case {
    const char *name; /* of the file */
    const char *file; /* with a | */
    const char *made; /* by the model, which then ends */
    const char *kept;
    ingle_complete_reason reason;
};

#define BLOCK INGLE_COMPLETE_AT_BLOCK
#define LINE INGLE_COMPLETE_AT_LINE
#define BRACKET INGLE_COMPLETE_BRACKET
#define REPEAT INGLE_COMPLETE_REPEAT
#define END INGLE_COMPLETE_END

static const struct end_case blocks[] = {
    /* Python: statements */
    {"a.py", "x = |\n", "1 + 2\ny = 3\n", "1 + 2", BLOCK},
    {"a.py", "x = |\n", "f(1,\n      2)\ny = 3\n", "f(1,\n      2)", BLOCK},
    {"a.py", "x = |\n", "[\n    1,\n    2,\n]\nprint(x)\n", "[\n    1,\n    2,\n]", BLOCK},
    {"a.py", "def f(n):\n    return |\n", "n * 2\n\ndef g():\n    pass\n", "n * 2", BLOCK},
    {"a.py", "def f(n):\n    total = n + \\|\n", "\n        1\n    return total\n", "\n        1",
     BLOCK},
    {"a.py", "x = foo(|\n", "1, 2)\ny = 3\n", "1, 2)", BLOCK},
    {"a.py", "x = foo(|)\n", "1, 2)\ny = 3\n", "1, 2", BRACKET},
    {"a.py", "x = foo(|)\n", "g(1), [2])", "g(1), [2]", BRACKET},
    {"a.py", "print(\"|\")\n", "hello\")\n", "hello", BRACKET},
    {"a.py", "print(\"|\n", "hello\")\nx = 1\n", "hello\")", BLOCK},
    {"a.py", "s = '|'\n", "it is'\nprint(s)", "it is", BRACKET},
    /* Python: blocks */
    {"a.py", "def f(n):|\n", "\n    if n:\n        return 1\n    return 2\n\ndef g():\n",
     "\n    if n:\n        return 1\n    return 2", BLOCK},
    {"a.py", "def f(n):\n|\n", "    return n\n\nprint(f(1))\n", "    return n", BLOCK},
    {"a.py", "def f(n):\n    |\n", "a = 1\n    return a\nprint(2)\n", "a = 1\n    return a", BLOCK},
    {"a.py", "def f(n):\n    |\n", "a = 1\n\n    return a\n", "a = 1", BLOCK},
    {"a.py", "if a:|\n", "\n    b()\nelse:\n    c()\nd()\n", "\n    b()\nelse:\n    c()", BLOCK},
    {"a.py", "try:\n    |\n", "a()\nexcept E:\n    b()\nc()\n", "a()", BLOCK},
    {"a.py", "for i in x:|\n", "\n    if i:\n\n        break\n\n    i += 1\nfoo()\n",
     "\n    if i:\n\n        break\n\n    i += 1", BLOCK},
    {"a.py", "class A:\n    def f(self):\n        |\n\n    def g(self):\n        pass\n",
     "return 1\n\n    def g(self):\n        pass\n", "return 1", BLOCK},
    {"a.py", "# The sum of two numbers.|\n", "\ndef add(a, b):\n    return a + b\n\nprint(1)\n",
     "\ndef add(a, b):\n    return a + b", BLOCK},
    {"a.py", "def f():\n    \"\"\"|\"\"\"\n    return 1\n", "Returns one.\"\"\"\n    return 2\n",
     "Returns one.", BRACKET},
    {"a.py", "def f():\n    |\n", "\"\"\"Says\n(a word.\n\"\"\"\n    return 1\nx = 2\n",
     "\"\"\"Says\n(a word.\n\"\"\"\n    return 1", BLOCK},
    {"a.py", "x = 1|\n", "\ny = 2\nz = 3\n\nprint(z)\n", "\ny = 2\nz = 3", BLOCK},
    /* what follows anyway */
    {"a.py", "a = load()\n|\nprint(a, b)\n", "b = 2\nprint(a, b)\n", "b = 2", REPEAT},
    {"a.py", "a = load()\n|\n\nprint(a, b)\n", "b = 2\nprint(a, b)\n", "b = 2", REPEAT},
    {"a.py", "def f(a):\n    |\n    return a + 1\n", "a = a * 2\n    return a + 1\n", "a = a * 2",
     REPEAT},
    {"a.py", "def f(a):\n    |\n    return a + 1\n", "return a + 1", "", REPEAT},
    {"a.py", "if a:\n    |\nelse:\n    c()\n", "b()\nelse:\n    d()\n", "b()", BLOCK},
    {"a.py", "x = | + 1\n", "y + 1\n", "y", LINE},
    {"a.py", "x = | + 1\n", "y + 1", "y", END},
    {"a.py", "x = f(|, 2)\n", "1, 2)", "1", BRACKET},
    {"a.py", "for | in items:\n", "item in items:\n    print(item)\n", "item", LINE},
    {"a.py", "import |\nimport os\n", "sys\nimport os\n", "sys", BLOCK},
    /* C */
    {"a.c", "int x = |\n", "f(1, 2);\nint y;\n", "f(1, 2);", BLOCK},
    {"a.c", "int x = |;\n", "f(1, 2);\nint y;\n", "f(1, 2)", LINE},
    {"a.c", "    if (x) {\n        |\n    }\n", "y = 1;\n    }\n    return;\n", "y = 1;", BRACKET},
    {"a.c", "    if (x) {|\n    }\n", "\n        y = 1;\n        z = 2;\n    }\n",
     "\n        y = 1;\n        z = 2;", BRACKET},
    {"a.c", "void f(void) {\n    if (x) {|\n}\n", "\n        y = 1;\n    }\n    z = 2;\n}\n",
     "\n        y = 1;\n    }", BLOCK},
    {"a.c", "int f(int a) {|\n", "\n    return a;\n}\n\nint g(void) {\n", "\n    return a;\n}",
     BLOCK},
    {"a.c", "int f(int a)|\n", "\n{\n    return a;\n}\n\nint g(void)\n", "\n{\n    return a;\n}",
     BLOCK},
    {"a.c", "    for (|) {\n", "int i = 0; i < n; i++) {\n        f(i);\n", "int i = 0; i < n; i++",
     BRACKET},
    {"a.c", "    call(a, |\n", "b,\n         c);\n    other();\n", "b,\n         c);", BLOCK},
    {"a.c", "    char c = |\n", "')';\n    next();\n", "')';", BLOCK},
    {"a.c", "    puts(\"|\");\n", "a (b) {\");\n    return;\n", "a (b) {", BRACKET},
    {"a.c", "    /* |*/\n    x = 1;\n", "sets x */\n    y = 1;\n", "sets x ", LINE},
    {"a.c", "int a[] = {|};\n", "1, 2, {3}};\n", "1, 2, {3}", BRACKET},
    {"a.c", "struct s {\n    |\n};\n", "int a;\n    int b;\n};\n\nint x;\n", "int a;\n    int b;",
     BRACKET},
    {"a.c", "    if (a)|\n    c();\n", "\n        b();\n    c();\n", "\n        b();", BLOCK},
    {"a.c", "    do {|\n", "\n        a();\n    } while (b);\n    c();\n",
     "\n        a();\n    } while (b);", BLOCK},
    {"a.c", "#include |\n#include <string.h>\n", "<stdio.h>\n#include <string.h>\n", "<stdio.h>",
     BLOCK},
    {"a.c", "    x = a|\n", " + b; // the sum )\n    y = 1;\n", " + b; // the sum )", BLOCK},
    {"a.c", "// Adds two.|\n", "\nint add(int a, int b) {\n    return a + b;\n}\n\nint x;\n",
     "\nint add(int a, int b) {\n    return a + b;\n}", BLOCK},
    {"a.c", "int x[|];\n", "4];\nint y[", "4", BRACKET},
    {"a.h", "#define MAX(a, b) (|)\n", "(a) > (b) ? (a) : (b))\n", "(a) > (b) ? (a) : (b)",
     BRACKET},
    /* JavaScript */
    {"a.js", "items.map(|)\n", "x => x * 2)\nnext()\n", "x => x * 2", BRACKET},
    {"a.js", "items.map(|);\n", "(x) => {\n  return x;\n});\nb();\n", "(x) => {\n  return x;\n}",
     BRACKET},
    {"a.js", "const a = |\n", "b\n  .c()\n  .d();\nconst e = 1;\n", "b\n  .c()\n  .d();", BLOCK},
    {"a.js", "const s = `|`;\n", "a ${b} (c`;\nd();", "a ${b} (c", BRACKET},
    {"a.js", "function f(a) {\n  |\n}\n", "return a;\n}\n\nfunction g() {", "return a;", BRACKET},
    {"a.js", "const o = {\n  a: 1,\n  |\n};\n", "b: [1, 2],\n};\nfoo();", "b: [1, 2],", BRACKET},
    {"a.js", "if (a) {|\n", "\n  b();\n} else {\n  c();\n}\nd();\n",
     "\n  b();\n} else {\n  c();\n}", BLOCK},
    {"a.ts", "interface A {|\n}\n", "\n  b: string;\n}\n", "\n  b: string;", BRACKET},
    {"a.js", "f(a, \"|\", c);\n", "b\", c);\n", "b", BRACKET},
    /* Go */
    {"a.go", "\tx := |\n", "f(1)\n\ty := 2\n", "f(1)", BLOCK},
    {"a.go", "\tif err != nil {|\n\t}\n", "\n\t\treturn err\n\t}\n", "\n\t\treturn err", BRACKET},
    {"a.go", "func f() error {|\n", "\n\treturn nil\n}\n\nfunc g() {\n", "\n\treturn nil\n}",
     BLOCK},
    {"a.go", "\tx := a +|\n", "\n\t\tb\n\ty := 2\n", "\n\t\tb", BLOCK},
    {"a.go", "\tfmt.Println(|)\n", "\"a\", b)\n}\n", "\"a\", b", BRACKET},
    {"a.go", "var s = `|`\n", "raw \\`\nx", "raw \\", BRACKET},
    /* Markdown and plain text */
    {"a.md", "The hearth is |\n", "where the fire\nlives.\n\nAnother one.\n",
     "where the fire\nlives.", BLOCK},
    {"a.md", "- one\n- |\n- three\n", "two (or so\n- three\n- four\n", "two (or so", REPEAT},
    {"a.md", "```c\n|\n```\n", "int x;\n\nint y;\n```\nText.\n", "int x;\n\nint y;", REPEAT},
    {"a.md", "```c\n|", "int x;\n\nint y;\n```\nText.\n", "int x;\n\nint y;\n```", BLOCK},
    {"a.md", "Hello|", "\n\nNext paragraph.", "", BLOCK},
    {"a.txt", "He said \"|", "it's fine) today.\n\nX", "it's fine) today.", BLOCK},
    /* others */
    {"a.sh", "if [ -f |\n", "a ]; then\n    b\nfi\nc\n", "a ]; then\n    b", BLOCK},
    {"a.rs", "fn f(a: &'a str) -> |\n", "usize {\n    a.len()\n}\n\nfn g() {}\n",
     "usize {\n    a.len()\n}", BLOCK},
    {"a.css", "a {\n  |\n}\n", "color: red;\n}\nb {\n", "color: red;", BRACKET},
    {"a.json", "{\"a\": |}\n", "[1, 2]}\n", "[1, 2]", BRACKET},
    {"Makefile", "all: |\n", "build\n\tcc x\n\nclean:\n", "build\n\tcc x", BLOCK},
    {"a.py", "x = |", "", "", END},
    {"a.py", "|", "import os\n\n\ndef f():\n    pass\n", "import os", BLOCK},
    {"a.py", "s = \"é|\"\n", "à ü\"\n", "à ü", BRACKET},
};

static const struct end_case lines[] = {
    {"a.py", "def f(n):|\n", "\n    return n\n", "", LINE},
    {"a.py", "def f(n):\n    |\n", "return n\n    x = 1\n", "return n", LINE},
    {"a.py", "def f(n):\n|\n", "\n    return n\n    x = 1\n", "\n    return n", LINE},
    {"a.c", "    call(a, |\n", "b,\n         c);\n", "b,", LINE},
    {"a.c", "    call(|);\n", "a, b);\n", "a, b", BRACKET},
    {"a.js", "items.map(|);\n", "(x) => {\n  return x;\n});\n", "(x) => {", LINE},
    {"a.go", "\tx := |\n", "f(1)\n\ty := 2\n", "f(1)", LINE},
    {"a.md", "The hearth is |\n", "where the fire\nlives.\n", "where the fire", LINE},
    {"a.md", "|\n", "\n\nText.\n", "", LINE},
};

struct placed {
    char text[1024];
    size_t len, at;
};

static struct placed place_of(const char *file) {
    struct placed p = {.len = strlen(file) - 1, .at = (size_t)(strchr(file, '|') - file)};
    memcpy(p.text, file, p.at);
    memcpy(p.text + p.at, file + p.at + 1, p.len - p.at);
    return p;
}

/* Gives the text in pieces; what was certain on the way must be a beginning of what stays. */
static void complete_in_pieces(const struct end_case *k, ingle_complete_extent extent,
                               struct rng *pieces) {
    struct placed p = place_of(k->file);
    struct completion c;
    char told[1024] = "";
    size_t n_told = 0, n = strlen(k->made);
    completion_init(&c, code_language_of(k->name), p.text, p.len, p.at, extent);
    for (size_t at = 0; at < n;) {
        size_t len = pieces ? 1 + rng_below(pieces, 6) : n;
        if (len > n - at) len = n - at;
        while (at + len < n && ((unsigned char)k->made[at + len] & 0xc0) == 0x80) len++;
        bool more = completion_add(&c, k->made + at, len);
        at += len;
        size_t certain = completion_certain(&c);
        assert_true(certain >= n_told);
        memcpy(told, c.text.data ? c.text.data : "", certain);
        n_told = certain;
        assert_true(utf8_is_valid(told, n_told));
        if (!more) break;
    }
    completion_finish(&c, INGLE_COMPLETE_END);
    bool same = c.text.size == strlen(k->kept) &&
                memcmp(c.text.data ? c.text.data : "", k->kept, c.text.size) == 0;
    if (!same || c.reason != k->reason) {
        fail_msg("%s: '%s' + '%s': kept '%.*s' (%s), not '%s' (%s)", k->name, k->file, k->made,
                 (int)c.text.size, c.text.data ? c.text.data : "",
                 ingle_complete_reason_name(c.reason), k->kept,
                 ingle_complete_reason_name(k->reason));
    }
    assert_true(n_told <= c.text.size);
    assert_memory_equal(told, c.text.data ? c.text.data : "", n_told);
    completion_clear(&c);
}

static void completions_end_with_their_block(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(blocks); i++) {
        complete_in_pieces(&blocks[i], INGLE_COMPLETE_BLOCK, NULL);
    }
}

static void completions_end_with_their_line(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(lines); i++) {
        complete_in_pieces(&lines[i], INGLE_COMPLETE_LINE, NULL);
    }
}

static void pieces_make_no_difference_and_what_was_told_stays(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 7);
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < BASE_COUNT(blocks); i++) {
            complete_in_pieces(&blocks[i], INGLE_COMPLETE_BLOCK, &r);
        }
        for (size_t i = 0; i < BASE_COUNT(lines); i++) {
            complete_in_pieces(&lines[i], INGLE_COMPLETE_LINE, &r);
        }
    }
}

/* Any text at any place of any of the files, cut into pieces or not: never more than was made, the
 * same in all divisions, and a closing bracket is never the file's own. */
static void random_texts_keep_the_promises(void **state) {
    (void)state;
    static const char signs[] = "(){}[]\"'`;:,#/* \n\n\t  abc1=.\\-\xc3\xa9";
    static const char *const names[] = {"a.py", "a.c", "a.js", "a.go", "a.md", "a", "a.rs", "a.sh"};
    struct rng r;
    rng_init(&r, 11);
    for (int round = 0; round < 30000; round++) {
        char file[80], made[80];
        size_t n = rng_below(&r, 60), m = rng_below(&r, 60);
        for (size_t i = 0; i < n; i++) file[i] = signs[rng_below(&r, sizeof signs - 3)];
        for (size_t i = 0; i < m; i++) made[i] = signs[rng_below(&r, sizeof signs - 3)];
        size_t at = rng_below(&r, (uint32_t)n + 1);
        const struct code_language *language =
            code_language_of(names[rng_below(&r, BASE_COUNT(names))]);
        ingle_complete_extent extent = (ingle_complete_extent)rng_below(&r, 2);
        struct completion whole, parts;
        completion_init(&whole, language, file, n, at, extent);
        completion_init(&parts, language, file, n, at, extent);
        (void)completion_add(&whole, made, m);
        completion_finish(&whole, INGLE_COMPLETE_END);
        size_t told = 0;
        for (size_t i = 0; i < m; i++) {
            bool more = completion_add(&parts, made + i, 1);
            size_t certain = completion_certain(&parts);
            assert_true(certain >= told);
            told = certain;
            if (!more) break;
        }
        completion_finish(&parts, INGLE_COMPLETE_END);
        if (told > parts.text.size) {
            fail_msg("'%.*s|%.*s' + '%.*s': %zu bytes told, %zu kept (%s)", (int)at, file,
                     (int)(n - at), file + at, (int)m, made, told, parts.text.size,
                     ingle_complete_reason_name(parts.reason));
        }
        assert_true(whole.text.size <= m);
        if (whole.text.size > 0) assert_memory_equal(whole.text.data, made, whole.text.size);
        assert_int_equal(whole.text.size, parts.text.size);
        assert_int_equal(whole.reason, parts.reason);
        completion_clear(&whole);
        completion_clear(&parts);
    }
}

static void languages_are_told_by_the_name(void **state) {
    (void)state;
    assert_true(code_language_of("src/main.c") == code_language_of("b.java"));
    assert_true(code_language_of("A.PY")->has_triple_quotes);
    assert_true(code_language_of("README.md")->is_prose);
    assert_true(code_language_of("a.b/Makefile") == code_language_of("x"));
    assert_true(code_language_of(NULL) == code_language_of(".c ") &&
                !code_language_of("c")->quotes);
}

static void brackets_that_the_suffix_does_not_close_may_be_closed(void **state) {
    (void)state;
    static const struct {
        const char *before, *after;
        size_t n;
    } rows[] = {
        {"f(a, ", "\n", 1},  {"f(a, ", ")\n", 0},   {"if (x) { f(", "\n}\n", 1},
        {"f(g(", ");\n", 1}, {"{ { ", "}", 1},      {"{ { ", "} }", 0},
        {"", ")", 0},        {"([{", "}])", 0},     {"([{", "])", 1},
        {"([{", ")", 2},     {"f(\")\", ", ")", 0}, {"f( // )\n", ")", 0},
        {"f(", "g(x))", 0},  {"a) f(", ")", 0},     {"{ f(", "\n}", 1},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        struct code_state s = {.language = code_language_of("a.c")};
        struct code_brackets open = {.n = 0};
        char closers[CODE_MAX_OPEN];
        bool ends;
        code_scan(&s, &open, rows[i].before, strlen(rows[i].before));
        size_t n =
            code_closers(s, rows[i].after, strlen(rows[i].after), closers, sizeof closers, &ends);
        assert_int_equal(code_unclosed(&open, closers, n), rows[i].n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages_are_told_by_the_name),
        cmocka_unit_test(brackets_that_the_suffix_does_not_close_may_be_closed),
        cmocka_unit_test(completions_end_with_their_block),
        cmocka_unit_test(completions_end_with_their_line),
        cmocka_unit_test(pieces_make_no_difference_and_what_was_told_stays),
        cmocka_unit_test(random_texts_keep_the_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
