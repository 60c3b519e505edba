/* Manual pages in man(7), made from the table of commands; tools/check_man keeps docs/man. */
#include <ctype.h>
#include <stdio.h>

#include "cli/command.h"
#include "ingle/ingle.h"

/* Text for a man page: backslashes and dashes escaped, no line begins with a control. */
static void man_text(struct out *o, const char *text) {
    for (bool starts_line = true; *text; text++) {
        if (starts_line && (*text == '.' || *text == '\'')) out_str(o, "\\&");
        starts_line = *text == '\n';
        if (*text == '\\') {
            out_str(o, "\\e");
        } else if (*text == '-') {
            out_str(o, "\\-");
        } else {
            out_bytes(o, text, 1);
        }
    }
}

static void man_head(struct out *o, const char *name, const char *summary) {
    out_str(o, ".\\\" Made from the option tables in src/cli by 'ingle --man'; do not edit.\n");
    out_f(o, ".TH %s 1 \"\" \"ingle %s\" \"ingle\"\n.SH NAME\n", name, ingle_version());
    man_text(o, name);
    /* In lists of pages the text goes on after the name. */
    out_f(o, " \\- %c", tolower((unsigned char)summary[0]));
    man_text(o, summary + 1);
    out_str(o, "\n.SH SYNOPSIS\n");
}

static void man_exit_codes(struct out *o) {
    static const char *const rows[][2] = {
        {"0", "done"},
        {"1", "failed for a reason said on standard error"},
        {"2", "usage"},
        {"3", "the file or data given is invalid, or of a kind that ingle does not know"},
        {"4", "not found (model, file)"},
        {"5", "refused by policy"},
        {"6", "out of memory, disk, context, or another limit"},
        {"130", "interrupted (Ctrl-C stops generation at once; what was printed stays)"},
    };
    out_str(o, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        out_f(o, ".TP\n%s\n", rows[i][0]);
        man_text(o, rows[i][1]);
        out_str(o, "\n");
    }
}

static void man_environment(struct out *o) {
    out_str(o, ".SH ENVIRONMENT\n.TP\nINGLE_CPU\n");
    man_text(o, "Name of the highest kernel tier to use (ref, avx2, avx512vnni, ...); "
                "'ingle cpu' lists them.\n");
}

static void man_options_of_ingle(struct out *o) {
    static const char *const rows[][2] = {
        {"--help", "The commands. 'ingle COMMAND --help' tells about one."},
        {"--version", "Which ingle this is."},
        {"--completion", "Completion for bash: source <(ingle --completion)."},
    };
    out_str(o, ".SH OPTIONS\n");
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        out_str(o, ".TP\n.B ");
        man_text(o, rows[i][0]);
        out_str(o, "\n");
        man_text(o, rows[i][1]);
        out_str(o, "\n");
    }
}

static void man_of_ingle(struct out *o) {
    man_head(o, "ingle", "small language models on your own machine");
    out_str(o, ".B ingle\n.I COMMAND\n[options] [arguments]\n.SH COMMANDS\n");
    for (size_t i = 0; command_at(i); i++) {
        out_f(o, ".TP\n.BR ingle\\-%s (1)\n", command_at(i)->name);
        man_text(o, command_at(i)->summary);
        out_str(o, ".\n");
    }
    out_str(o, ".SH ARGUMENTS\n");
    man_text(o, "MODEL is the path of a GGUF file. TEXT is the words given, @FILE for the content "
                "of a file, or - for standard input. Results go to standard output, all else to "
                "standard error.\n");
    man_options_of_ingle(o);
    man_exit_codes(o);
    man_environment(o);
}

void help_print_man(struct out *o, const struct command *c) {
    if (!c) {
        man_of_ingle(o);
        return;
    }
    char name[32];
    snprintf(name, sizeof name, "ingle-%s", c->name);
    man_head(o, name, c->summary);
    out_f(o, ".B ingle %s\n", c->name);
    man_text(o, c->arguments);
    out_str(o, "\n.SH DESCRIPTION\n");
    man_text(o, c->summary);
    out_str(o, ".\n");
    if (c->details) {
        man_text(o, c->details);
        out_str(o, "\n");
    }
    out_str(o, ".SH OPTIONS\n");
    for (size_t i = 0; i < c->n_options; i++) {
        const struct option *option = &c->options[i];
        out_str(o, ".TP\n.B ");
        if (option->letter) out_f(o, "\\-%c, ", option->letter);
        out_str(o, "\\-\\-");
        man_text(o, option->name);
        if (option->value) out_f(o, " \\fI%s\\fR", option->value);
        out_str(o, "\n");
        man_text(o, option->help);
        out_str(o, ".\n");
    }
    out_str(o, ".TP\n.B \\-h, \\-\\-help\nA short form of this page.\n");
    out_str(o, ".SH EXAMPLE\n.nf\n$ ingle ");
    man_text(o, c->example);
    out_str(o, "\n.fi\n");
    man_exit_codes(o);
    man_environment(o);
    out_str(o, ".SH SEE ALSO\n.BR ingle (1)\n");
}
