/* --help and shell completion, made from the table of commands. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

#define NAME_COLUMN 26
#define WIDTH 100

static void option_name(char *text, size_t cap, const struct option *o) {
    char letter[8] = "    ";
    if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
    snprintf(text, cap, "%s--%s%s%s", letter, o->name, o->value ? " " : "",
             o->value ? o->value : "");
}

/* One screen is enough for what is used every day. */
static void name_rare(struct out *o, const struct command *c) {
    size_t column = 0;
    for (size_t i = 0; i < c->n_options; i++) {
        if (!c->options[i].is_rare) continue;
        size_t len = strlen(c->options[i].name) + 3; /* a space and dashes */
        if (column == 0) {
            out_f(o, "\nMan ingle-%s tells about these too:", c->name);
            column = strlen(c->name) + 33;
        } else if (column + len > WIDTH) {
            out_str(o, "\n ");
            column = 1;
        }
        out_f(o, " --%s", c->options[i].name);
        column += len;
    }
    if (column > 0) out_str(o, "\n");
}

static void print_options(struct out *o, const struct command *c) {
    for (size_t i = 0; i < c->n_options; i++) {
        if (c->options[i].is_rare) continue;
        char name[64];
        option_name(name, sizeof name, &c->options[i]);
        bool is_long = strlen(name) > NAME_COLUMN; /* stands on a line of its own */
        if (is_long) out_f(o, "  %s\n", name);
        out_f(o, "  %-*s %s\n", NAME_COLUMN, is_long ? "" : name, c->options[i].help);
    }
    out_f(o, "  %-*s %s\n", NAME_COLUMN, "-h, --help", "This text");
    name_rare(o, c);
}

static void print_all(struct out *o) {
    out_f(o, "  $ ingle run -m model.gguf -p \"Once upon a time\"\n\n"
             "Usage: ingle COMMAND [options] [arguments]\n\n"
             "Small language models on your own machine; nothing leaves it.\n\n");
    for (size_t i = 0; command_at(i); i++) {
        out_f(o, "  %-10s %s\n", command_at(i)->name, command_at(i)->summary);
    }
    out_str(o, "\nMODEL is the path of a GGUF file. TEXT is the words given, @FILE, or - for "
               "standard input.\n"
               "INGLE_CPU=ref|avx2|... lowers the kernel tier (ingle cpu lists them).\n"
               "'ingle COMMAND --help' tells more about a command, 'ingle --version' which ingle "
               "this is.\n");
}

void help_print(struct out *o, const struct command *c) {
    if (!c) {
        print_all(o);
        return;
    }
    out_f(o, "  $ ingle %s\n\n", c->example);
    out_f(o, "Usage: ingle %s %s\n\n", c->name, c->arguments);
    out_f(o, "%s.\n\n", c->summary);
    print_options(o, c);
    if (c->details) {
        out_str(o, "\n");
        out_str(o, c->details);
        out_str(o, "\n");
    }
}

void help_print_bash(struct out *o) {
    out_str(o, "# bash completion for ingle: source <(ingle --completion)\n"
               "_ingle() {\n"
               "    local word=${COMP_WORDS[COMP_CWORD]} options=\n"
               "    if [ \"$COMP_CWORD\" -eq 1 ] || [ \"${COMP_WORDS[1]}\" = help ]; then\n"
               "        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; command_at(i); i++) out_f(o, "%s ", command_at(i)->name);
    out_str(o, "help --help --version' -- \"$word\"))\n        return\n    fi\n"
               "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; command_at(i); i++) {
        const struct command *c = command_at(i);
        out_f(o, "    %s) options='", c->name);
        for (size_t k = 0; k < c->n_options; k++) out_f(o, "--%s ", c->options[k].name);
        out_str(o, "--help' ;;\n");
    }
    out_str(o, "    esac\n"
               "    case $word in\n"
               "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
               "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
               "    esac\n"
               "}\n"
               "complete -o filenames -F _ingle ingle\n");
}
